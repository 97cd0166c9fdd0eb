// The contact sheet: which pairs reach the threshold, and faces only when somebody asks.
const pictures = JSON.parse(document.getElementById("pictures").textContent);
const pairs = [...document.querySelectorAll(".pairs > li")];

function placePictures() {
  for (const image of document.querySelectorAll("img[data-picture]")) image.src = `data:image/jpeg;base64,${pictures[image.dataset.picture]}`;
}

function showPairs() {
  const threshold = find("stop.threshold");
  let shown = 0;
  for (const pair of pairs) {
    const reaches = Number(pair.dataset.score) >= threshold;
    pair.classList.toggle("below", !reaches);
    shown += reaches;
  }
  for (const place of document.querySelectorAll("[data-pairs-shown]")) place.textContent = shown;
}

function reveal(pair, asked) {
  pair.classList.toggle("revealed", asked);
  const button = pair.querySelector("[data-reveal]");
  if (!button) return;
  button.setAttribute("aria-pressed", String(asked));
  button.textContent = asked ? "Blur these two" : "Show these two";
}

function prepareContactSheet() {
  const all = document.querySelector("[data-reveal-all]");
  for (const pair of pairs) {
    pair.querySelector("[data-reveal]")?.addEventListener("click", () => reveal(pair, !pair.classList.contains("revealed")));
  }
  all?.addEventListener("click", () => {
    const asked = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", String(asked));
    all.textContent = asked ? "Blur all faces" : "Show all faces";
    for (const pair of pairs) reveal(pair, asked);
  });
}
