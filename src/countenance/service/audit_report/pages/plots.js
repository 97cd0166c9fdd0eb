// One function a kind of plot: each takes the element, its width and the page's colours, and gives traces and a layout.
const plotKinds = {
  dots(element, width, colours) {
    const grouping = Number(element.dataset.g);
    const { rates: ratesPath, all: allPath, counted } = element.dataset;
    const groups = numbers.groupings[grouping].groups;
    const rows = groups.map((group, at) => ({ name: group.name, rate: item(find(ratesPath, grouping), at), group: at }));
    const overall = find(allPath, grouping);
    if (overall) rows.push({ name: "all", rate: overall, group: null });
    const lowest = lowestDecade(`${grouping} ${ratesPath}`, [ratesPath, allPath], grouping);
    const edge = 10 ** (lowest - 0.08);
    const traces = [], notes = [];
    rows.forEach(({ name, rate, group }, row) => {
      notes.push(rowNote(name, rate, row, counted, width));
      if (!rate || rate[ESTIMATE] === null) return;
      const colour = group === null ? colours.ink : colourOf(group);
      if (rate[LOW] !== null) traces.push(bar([Math.max(rate[LOW], edge), Math.max(rate[HIGH], edge)], row, colours.ink, rate[LOW] > 0));
      if (rate[ESTIMATE] > 0) traces.push(dot(rate[ESTIMATE], row, colour, group === null ? "circle" : shapeOf(group), colours.ink));
    });
    const layout = baseLayout(colours, width, 52 * rows.length + 62, { t: 4, b: 46 });
    layout.xaxis = rateAxis(lowest, colours, { narrow: width < 520 });
    layout.yaxis = rowAxis(rows.length);
    layout.annotations = notes;
    if (overall?.[ESTIMATE] > 0) layout.shapes = [upright(overall[ESTIMATE], colours.soft)];
    return { traces, layout };
  },

  ratios(element, width, colours) {
    const grouping = Number(element.dataset.g);
    const rows = find(element.dataset.ratios, grouping) ?? [];
    const names = numbers.groupings[grouping].groups.map((group) => group.name);
    const reach = ratioReach(`${grouping} ${element.dataset.ratios}`, element.dataset.ratios, grouping);
    const edges = [10 ** -(reach + 0.04), 10 ** (reach + 0.04)];
    const traces = [], notes = [];
    rows.forEach((row, at) => {
      const estimate = row.estimate === null ? "no ratio" : `${ratio(row.estimate)} times`;
      const detail = width < 520 ? "" : ` <span style="color:${colours.soft}">95 % interval ${range(row)}${row.p_holm === null ? "" : `, p ${pValue(row.p_holm)} (Holm)`}</span>`;
      notes.push({ ...noteAt(at), text: `<b>${escaped(row.group)}</b> ${estimate}${detail}` });
      if (row.estimate === null) return;
      const low = Math.max(row.low ?? 0, edges[0]), high = Math.min(row.high ?? Infinity, edges[1]);
      traces.push(bar([low, high], at, colours.ink, true));
      if (row.estimate > 0) traces.push(dot(Math.min(Math.max(row.estimate, edges[0]), edges[1]), at, colourOf(names.indexOf(row.group)), shapeOf(names.indexOf(row.group)), colours.ink));
    });
    const steps = [];
    for (const step of [0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 100]) if (step >= edges[0] && step <= edges[1]) steps.push(step);
    const shown = width < 520 ? steps.filter((step) => [0.01, 0.1, 0.5, 1, 2, 10, 100].includes(step)) : steps;
    const layout = baseLayout(colours, width, 52 * rows.length + 46, { t: 4, b: 30 });
    layout.xaxis = {
      type: "log", range: edges.map(Math.log10), tickvals: shown, fixedrange: true, zeroline: false, gridcolor: colours.rule,
      ticktext: shown.map((step) => (step === 1 ? "equal" : step < 1 ? `1/${Math.round(1 / step)}` : `${step}×`)),
      tickfont: { size: 12, color: colours.soft },
    };
    layout.yaxis = rowAxis(rows.length);
    layout.annotations = notes;
    layout.shapes = [upright(1, colours.ink)];
    return { traces, layout };
  },

  scores(element, width, colours) {
    const grouping = Number(element.dataset.g), group = Number(element.dataset.group);
    const { name } = numbers.groupings[grouping].groups[group];
    const threshold = find("stop.threshold");
    const [left, right] = scoreSpan(grouping);
    const traces = [];
    for (const one of numbers.groupings[grouping].distributions.filter((part) => part.group === name && part.counts.length)) {
      const widths = one.counts.map((_, at) => one.edges[at + 1] - one.edges[at]);
      if (one.mated) {
        traces.push({ type: "scatter", mode: "lines", line: { shape: "hv", color: colours.ink, width: 1.6 }, yaxis: "y2",
          x: [one.edges[0], ...one.edges], y: [0, ...one.counts, 0] });
      } else {
        traces.push({ type: "bar", x: one.edges.slice(0, -1), y: one.counts, width: widths, offset: 0,
          marker: { color: one.edges.slice(0, -1).map((edge, at) => (edge + widths[at] / 2 >= threshold ? colours.accent : colours.faint)), line: { width: 0 } } });
      }
    }
    const layout = baseLayout(colours, width, 132, { t: 18, b: 24, l: 4, r: 4 });
    layout.bargap = 0;
    layout.xaxis = { range: [left, right], fixedrange: true, zeroline: false, showgrid: false, nticks: 5, tickfont: { size: 11, color: colours.soft }, linecolor: colours.ink, showline: true };
    layout.yaxis = { visible: false, rangemode: "tozero", fixedrange: true };
    layout.yaxis2 = { visible: false, rangemode: "tozero", overlaying: "y", fixedrange: true };
    layout.shapes = [{ type: "line", x0: threshold, x1: threshold, yref: "paper", y0: 0, y1: 1, line: { color: colours.ink, width: 1.2, dash: "dot" } }];
    layout.annotations = [{ x: threshold, y: 1, yref: "paper", yanchor: "bottom", xanchor: threshold > (left + right) / 2 ? "right" : "left", showarrow: false, text: find("stop.label"), font: { size: 11, color: colours.soft } }];
    return { traces, layout };
  },

  det(element, width, colours) {
    const grouping = Number(element.dataset.g), chosen = Number(element.dataset.group);
    const { det, groups } = numbers.groupings[grouping];
    const lowest = Math.max(-6, Math.floor(Math.log10(Math.min(1, ...det.flatMap((curve) => curve.points.map((point) => point[0])).filter((rate) => rate > 0)))));
    const lowestMiss = Math.max(-4, Math.floor(Math.log10(Math.min(1, ...det.flatMap((curve) => curve.points.map((point) => point[1])).filter((rate) => rate > 0)))));
    const line = (curve, colour, thick) => {
      const points = curve.points.filter((point) => point[0] > 0 && point[1] > 0);
      return { type: "scatter", mode: "lines", x: points.map((point) => point[0]), y: points.map((point) => point[1]), line: { color: colour, width: thick } };
    };
    const traces = det.filter((_, at) => at !== chosen).map((curve) => line(curve, colours.faint, 1));
    const at = groups.findIndex((group) => group.name === det[chosen].group);
    traces.push(line(det[chosen], colours.ink, 3.4), line(det[chosen], at < 0 ? colours.ink : colourOf(at), 2));
    const match = at < 0 ? find("at.fmr_overall", grouping) : find("at.fmr_within", grouping)[at];
    const miss = at < 0 ? find("at.fnmr_overall", grouping) : find("at.fnmr", grouping)[at];
    if (match?.[ESTIMATE] > 0 && miss?.[ESTIMATE] > 0) {
      const limits = (rate) => ({ type: "data", symmetric: false, array: [rate[HIGH] - rate[ESTIMATE]], arrayminus: [rate[ESTIMATE] - rate[LOW]], color: colours.ink, thickness: 1, width: 0 });
      traces.push({ type: "scatter", mode: "markers", x: [match[ESTIMATE]], y: [miss[ESTIMATE]], error_x: limits(match), error_y: limits(miss), marker: { size: 9, color: colours.paper, line: { color: colours.ink, width: 2 } } });
    }
    const layout = baseLayout(colours, width, 190, { t: 6, b: 34, l: 62, r: 6 });
    layout.xaxis = { ...rateAxis(lowest, colours, { narrow: true, tight: width < 225, lines: 1 }), tickfont: { size: 11, color: colours.soft }, title: { text: "false matches", font: { size: 11, color: colours.soft }, standoff: 2 } };
    layout.yaxis = { ...rateAxis(lowestMiss, colours, { lines: 1 }), tickfont: { size: 11, color: colours.soft } };
    return { traces, layout };
  },

  growth(element, width, colours) {
    const points = find("growing") ?? [];
    const measured = points.filter((point) => point.measured[ESTIMATE] > 0);
    const lowest = lowestGrowth();
    const first = points[0].enrolled, last = points.at(-1).enrolled;
    const model = (key, dash) => {
      const kept = points.filter((point) => point[key] > 0);
      return { type: "scatter", mode: "lines", x: kept.map((point) => point.enrolled), y: kept.map((point) => point[key]), line: { color: colours.ink, width: 1.3, dash } };
    };
    const limits = { type: "data", symmetric: false, array: measured.map((point) => point.measured[HIGH] - point.measured[ESTIMATE]), arrayminus: measured.map((point) => point.measured[ESTIMATE] - point.measured[LOW]), color: colours.ink, thickness: 1.5, width: 0 };
    const traces = [model("binomial", "dash"), model("heterogeneous", "dot"),
      { type: "scatter", mode: "markers", x: measured.map((point) => point.enrolled), y: measured.map((point) => point.measured[ESTIMATE]), error_y: limits, marker: { size: 9, color: colours.accent, line: { color: colours.ink, width: 1 } } }];
    const layout = baseLayout(colours, width, 330, { t: 26, b: 44, l: 78, r: 14 });
    const chosen = find("size.enrolled");
    const sizes = width < 520 ? points.filter((_, at) => at % 2 === (points.length - 1) % 2) : points;
    layout.xaxis = { type: "log", range: [Math.log10(first) - 0.06, Math.log10(last) + 0.06], tickvals: sizes.map((point) => point.enrolled), ticktext: sizes.map((point) => separated(point.enrolled)), tickfont: { size: 12, color: colours.soft }, gridcolor: colours.rule, fixedrange: true, title: { text: "people enrolled", font: { size: 12, color: colours.soft }, standoff: 4 } };
    layout.yaxis = { ...rateAxis(lowest, colours, { lines: 1 }), title: undefined };
    layout.annotations = [{ xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom", showarrow: false, align: "left", font: { size: 12, color: colours.soft }, text: width < 520 ? "● measured   – – binomial   ··· heterogeneous" : "● measured, with 95 % interval    – – binomial model    ··· heterogeneous model" }];
    if (chosen >= first && chosen <= last) layout.shapes = [upright(chosen, colours.soft)];
    return { traces, layout };
  },
};

const escaped = (name) => name.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const noteAt = (row) => ({ xref: "paper", x: 0, xshift: -8, bgcolor: pageColours().paper, borderpad: 1, xanchor: "left", y: row, yanchor: "bottom", yshift: 8, showarrow: false, align: "left", font: { size: 13 } });
const rowAxis = (rows) => ({ range: [rows - 0.62, -0.72], visible: false, fixedrange: true });
const bar = (x, row, colour, closed) => ({ type: "scatter", mode: closed ? "lines" : "lines+markers", x, y: [row, row], line: { color: colour, width: 1.6 }, marker: { symbol: ["triangle-left", "line-ns"], size: [8, 0.1], color: colour } });
const dot = (x, row, colour, symbol, ink) => ({ type: "scatter", mode: "markers", x: [x], y: [row], marker: { size: 12, color: colour, symbol, line: { color: ink, width: 1.2 } } });
const upright = (x, colour) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, layer: "below", line: { color: colour, width: 1, dash: "dot" } });

function rowNote(name, rate, row, counted, width) {
  const said = !rate || rate[ESTIMATE] === null ? `no ${counted}` : text(rate[WORDS]);
  const detail = !rate || rate[TRIALS] === null ? "not measured: a model" : `${MANNERS.counts(rate)}${width < 520 ? "" : ` ${counted}${rate[SUBJECTS] === null ? "" : `, ${count(rate[SUBJECTS])} people`}`}`;
  return { ...noteAt(row), text: `<b>${escaped(name)}</b>  ${said} · ${detail}` };
}

const reaches = new Map();
function ratioReach(key, path, grouping) {
  if (!reaches.has(key)) {
    let furthest = 1;
    numbers.stops.forEach((_, stop) => {
      for (const row of find(path, grouping, { ...state, stop }) ?? []) if (row.estimate > 0) furthest = Math.max(furthest, Math.abs(Math.log10(row.estimate)) + 0.3);
    });
    reaches.set(key, Math.min(2, furthest));
  }
  return reaches.get(key);
}

function scoreSpan(grouping) {
  const edges = numbers.groupings[grouping].distributions.flatMap((one) => (one.counts.length ? [one.edges[0], one.edges.at(-1)] : []));
  return [Math.min(...edges), Math.max(...edges)];
}

function lowestGrowth() {
  if (!lowestDecades.has("growth")) {
    const rates = numbers.growth.flatMap((points) => points.flatMap((point) => [point.measured[ESTIMATE], point.measured[HIGH]])).filter((rate) => rate > 0);
    lowestDecades.set("growth", Math.max(-5, Math.floor(Math.log10(Math.min(1, ...rates)))));
  }
  return lowestDecades.get("growth");
}
