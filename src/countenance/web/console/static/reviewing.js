// Reviewing by keys, and a form that survives leaving the page.
//
// data-judge      the form; data-kept="NAME" is where this tab keeps what was filled in until the vote is cast
// data-pair       a picture with its scale; j and k go from one to the next, 1 to 7 choose a step
// data-forget     lets go of what was kept
"use strict";
(() => {
  const PREFIX = "countenance-review:";
  document.querySelectorAll("[data-forget]").forEach((element) => sessionStorage.removeItem(PREFIX + element.dataset.forget));
  const form = document.querySelector("form[data-judge]");
  if (!form) return;
  const pairs = [...form.querySelectorAll("[data-pair]")];
  const name = PREFIX + form.dataset.kept;
  let at = -1;

  // Faces are blurred on every new page until they are asked for, so that is not kept.
  const fields = () => [...form.elements].filter((field) => field.name && field.name !== "csrf" && field.name !== "shown" && field.type !== "hidden");

  function keep() {
    const held = {};
    for (const field of fields()) {
      if (field.type === "radio") { if (field.checked) held[field.name] = field.value; }
      else if (field.type === "checkbox") held[field.name] = field.checked;
      else held[field.name] = field.value;
    }
    sessionStorage.setItem(name, JSON.stringify(held));
  }

  function restore() {
    // What the server sent along is newer than what the tab keeps.
    if (form.querySelector("input[type=radio]:checked")) return;
    const held = JSON.parse(sessionStorage.getItem(name) || "{}");
    for (const field of fields()) {
      if (!(field.name in held)) continue;
      if (field.type === "radio") field.checked = held[field.name] === field.value;
      else if (field.type === "checkbox") field.checked = held[field.name];
      else if (!field.value) field.value = held[field.name];
    }
  }

  function count() {
    const judged = pairs.filter((pair) => pair.querySelector("input[type=radio]:checked")).length;
    form.querySelector("[data-judged]").textContent = judged;
    form.querySelector("progress").value = judged;
  }

  function go(to) {
    at = Math.min(pairs.length - 1, Math.max(0, to));
    pairs.forEach((pair, index) => pair.classList.toggle("at", index === at));
    (pairs[at].querySelector("input[type=radio]:checked") || pairs[at].querySelector("input[type=radio]")).focus({ preventScroll: true });
    pairs[at].scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  form.addEventListener("focusin", (event) => {
    const pair = event.target.closest("[data-pair]");
    if (!pair) return;
    at = pairs.indexOf(pair);
    pairs.forEach((one, index) => one.classList.toggle("at", index === at));
  });
  form.addEventListener("change", () => { count(); keep(); });
  form.addEventListener("input", keep);
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && /^(TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (/^[1-7]$/.test(event.key)) {
      if (at < 0) go(0);
      const step = pairs[at].querySelectorAll("input[type=radio]")[Number(event.key) - 1];
      step.checked = true;
      step.focus({ preventScroll: true });
      step.dispatchEvent(new Event("change", { bubbles: true }));
    } else return;
    event.preventDefault();
  });
  restore();
  count();
})();
