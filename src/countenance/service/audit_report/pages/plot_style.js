// What all plots share: colours of the page, group colours and shapes, log axes that say "1 in N".
// Okabe and Ito, "Color universal design", 2008; black is left to the page's ink, yellow comes last for its contrast.
const GROUP_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442"];
const GROUP_SHAPES = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star", "hexagon"];
const GROUP_DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const PLOT_FONT = 'system-ui, -apple-system, "Segoe UI", sans-serif';
const still = matchMedia("(prefers-reduced-motion: reduce)");

const colourOf = (group) => GROUP_COLOURS[group % GROUP_COLOURS.length];
const shapeOf = (group) => GROUP_SHAPES[group % GROUP_SHAPES.length];

// The page's colours are custom properties; the plotting library needs them resolved.
function pageColours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colours = {};
  for (const name of ["paper", "ink", "soft", "rule", "accent", "faint"]) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

const oneIn = (exponent) => (exponent === 0 ? "all" : `1 in ${separated(10 ** -exponent)}`);

// Ticks at powers of ten from 10^lowest to 1; every other one on narrow plots.
function rateAxis(lowest, colours, { narrow = false, tight = false, lines = 2, title = "" } = {}) {
  const step = narrow && lowest < -3 ? (tight ? 3 : 2) : 1;
  const exponents = [];
  for (let exponent = 0; exponent >= lowest; exponent -= step) exponents.push(exponent);
  return {
    type: "log",
    range: [lowest - 0.08, 0.04],
    tickvals: exponents.map((exponent) => 10 ** exponent),
    ticktext: exponents.map((exponent) => (lines === 2 ? `${oneIn(exponent)}<br>${exponent < -6 ? share(10 ** exponent) : (10 ** exponent).toFixed(-exponent)}` : oneIn(exponent))),
    tickangle: 0,
    tickfont: { size: 12, color: colours.soft },
    gridcolor: colours.rule,
    zeroline: false,
    fixedrange: true,
    title: title ? { text: title, font: { size: 12, color: colours.soft } } : undefined,
  };
}

// The decade below the smallest positive rate at any stop, so that the axis stands still while the slider moves.
const lowestDecades = new Map();
function lowestDecade(key, paths, grouping) {
  if (!lowestDecades.has(key)) {
    let smallest = 1;
    for (let stop = 0; stop < numbers.stops.length; stop += 1) {
      for (const path of paths) {
        const found = find(path, grouping, { ...state, stop });
        for (const rate of Array.isArray(found?.[0]) ? found : [found]) {
          for (const end of [rate?.[ESTIMATE], rate?.[HIGH]]) if (end > 0 && end < smallest) smallest = end;
        }
      }
    }
    lowestDecades.set(key, Math.max(-8, Math.floor(Math.log10(smallest))));
  }
  return lowestDecades.get(key);
}

function baseLayout(colours, width, height, margin) {
  return {
    width,
    height,
    margin: { l: 8, r: 8, t: 8, b: 40, ...margin },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: PLOT_FONT, size: 13, color: colours.ink },
    showlegend: false,
    hovermode: false,
    dragmode: false,
  };
}

const CONFIG = { displayModeBar: false, staticPlot: true, responsive: false };
