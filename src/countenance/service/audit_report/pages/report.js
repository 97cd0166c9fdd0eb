// Sliders, grouping and theme change the state; the state is written into every number and plot of the page.
const ACCENTED = ["were taken for somebody else", "was taken for somebody else"];
const bound = [...document.querySelectorAll("[data-of]")].map((element) => ({
  element,
  path: element.dataset.of,
  manner: element.dataset.as,
  grouping: Number(element.dataset.g ?? 0),
}));
const plots = [...document.querySelectorAll(".plot")];
const drawn = new WeakMap();
const near = new Set();
let version = 0;
let printing = false;

const threshold = document.getElementById("threshold");
const size = document.getElementById("size");
const marks = [...document.querySelectorAll("[data-stop]")];

function marksHere() {
  const here = marks.filter((mark) => Number(mark.dataset.stop) === state.stop).map((mark) => mark.dataset.label);
  return here.length ? ` (${here.join(", ")})` : "";
}

function writeNumbers() {
  for (const { element, path, manner, grouping } of bound) {
    const said = written(path, manner, grouping);
    if (manner === "heat") element.className = said === NOTHING ? "heat-none" : said;
    else if (element.textContent !== said) element.textContent = said;
  }
  for (const part of document.querySelectorAll("[data-needs]")) part.hidden = find(part.dataset.needs) === null;
  for (const part of document.querySelectorAll("[data-lacks]")) part.hidden = find(part.dataset.lacks) !== null;
  for (const place of document.querySelectorAll("[data-marks]")) place.textContent = marksHere();
  for (const mark of marks) mark.setAttribute("aria-pressed", String(Number(mark.dataset.stop) === state.stop));
  threshold.setAttribute("aria-valuetext", find("stop.label") + marksHere());
  size?.setAttribute("aria-valuetext", find("size.label"));
}

function writeHeadline() {
  const headline = document.getElementById("headline");
  if (headline.dataset.headline !== "true") return;
  const modelled = () => `No search was made in a gallery of ${find("size.label")}.`;
  const sentence = find("search.people_taken_for_another.sentence") ?? modelled();
  const words = ACCENTED.find((one) => sentence.includes(one)) ?? "";
  const at = words ? sentence.indexOf(words) : sentence.length;
  headline.replaceChildren(sentence.slice(0, at), Object.assign(document.createElement("span"), { className: "false", textContent: words }), sentence.slice(at + words.length));
}

function chooseGrouping() {
  for (const part of document.querySelectorAll("[data-grouping]")) part.classList.toggle("chosen", Number(part.dataset.grouping) === state.grouping);
}

let pending = 0;
function changed() {
  version += 1;
  pending ||= requestAnimationFrame(() => {
    pending = 0;
    writeNumbers();
    writeHeadline();
    showPairs();
    drawNear();
  });
  announce();
}

let announcing = 0;
function announce() {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    const gallery = size ? `, gallery of ${find("size.label")}` : "";
    document.getElementById("said").textContent = `Threshold ${find("stop.label")}${marksHere()}${gallery}. ${document.getElementById("headline").textContent} False match rate ${written("at.fmr_overall", "words")}, false non-match rate ${written("at.fnmr_overall", "words")}.`;
  }, 500);
}

function draw(element) {
  const Plotly = globalThis.Plotly;
  const width = Math.floor(printing ? printWidth(element) : element.clientWidth);
  const key = `${version} ${width} ${printing}`;
  if (!Plotly || width < 40 || drawn.get(element) === key) return;
  drawn.set(element, key);
  const { traces, layout } = plotKinds[element.dataset.plot](element, width, pageColours());
  Plotly.react(element, traces, layout, CONFIG);
}

const printWidth = (element) => (element.closest(".multiples") ? 208 : 660);
const drawNear = () => near.forEach(draw);

function watchPlots() {
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) near.add(target);
      else near.delete(target);
    }
    drawNear();
  }, { rootMargin: "300px 0px" });
  const measure = new ResizeObserver(() => drawNear());
  for (const plot of plots) watcher.observe(plot);
  measure.observe(document.querySelector("main"));
}

// The library lies in the page as text and runs only after the first paint, so that words come before pictures.
function startPlots() {
  const library = document.createElement("script");
  library.textContent = document.getElementById("plotting-library").textContent;
  document.head.append(library);
  document.getElementById("plotting-library").remove();
  watchPlots();
  document.documentElement.classList.add("plotted");
}

function redraw() {
  version += 1;
  drawNear();
}

function prepareTheme() {
  const themes = [...document.querySelectorAll("[name=theme]")];
  const now = document.documentElement.dataset.theme ?? "auto";
  for (const choice of themes) {
    choice.checked = choice.value === now;
    choice.addEventListener("change", () => {
      if (choice.value === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = choice.value;
      try { localStorage.setItem("countenance-theme", choice.value); } catch { /* kept for this visit only */ }
      redraw();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

function preparePrinting() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const part of opened) part.open = true;
    printing = true;
    document.documentElement.classList.add("printing");
    version += 1;
    plots.forEach(draw);
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
    printing = false;
    document.documentElement.classList.remove("printing");
    redraw();
  });
}

function start() {
  state.stop = Number(threshold.getAttribute("value"));
  threshold.value = state.stop;
  threshold.addEventListener("input", () => { state.stop = Number(threshold.value); changed(); });
  if (size) {
    state.size = Number(size.getAttribute("value"));
    size.value = state.size;
    size.addEventListener("input", () => { state.size = Number(size.value); changed(); });
  }
  for (const mark of marks) mark.addEventListener("click", () => { threshold.value = mark.dataset.stop; state.stop = Number(mark.dataset.stop); changed(); });
  for (const choice of document.querySelectorAll("[name=grouping]")) {
    choice.checked = Number(choice.value) === state.grouping;
    choice.addEventListener("change", () => { state.grouping = Number(choice.value); chooseGrouping(); });
  }
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  chooseGrouping();
  prepareTheme();
  prepareContactSheet();
  preparePrinting();
  // The library is the last element: it is whole only when the page has been read to its end.
  addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => { placePictures(); startPlots(); }, 0)));
}

start();
