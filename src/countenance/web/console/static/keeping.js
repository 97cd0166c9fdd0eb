// Keeps photos in the page while somebody chooses a face: a form with data-keep is sent from here, and its answer takes
// the place of the page's content, so that no file has to be chosen twice and none is kept on the server.
//
// data-again="NAME"    what asks for the file of a field once more; hidden while the page has it
// data-kept="NAME"     what says that the page still has it
// data-print           a button that prints; it is shown where there is script
"use strict";
(() => {
  const kept = new Map();
  let swapped = false;

  function hold(form) {
    for (const input of form.querySelectorAll("input[type=file]")) if (input.files.length) kept.set(input.name, input.files);
  }

  function give(main) {
    for (const input of main.querySelectorAll("form[data-keep] input[type=file]")) {
      const files = kept.get(input.name);
      if (!files) continue;
      input.files = files;
      const again = main.querySelector(`[data-again="${CSS.escape(input.name)}"]`);
      const said = main.querySelector(`[data-kept="${CSS.escape(input.name)}"]`);
      if (again) again.hidden = true;
      if (said) said.hidden = false;
    }
  }

  function offerPrint(main) {
    for (const button of main.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  }

  // A style sheet that the answer wants and this page does not have yet; it is there before the answer is shown.
  function fetchSheet(wanted) {
    const href = wanted.getAttribute("href");
    if (document.querySelector(`head link[href="${CSS.escape(href)}"]`)) return null;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    const arrived = new Promise((done) => { link.onload = link.onerror = done; });
    document.head.append(link);
    return arrived;
  }

  async function send(form, button) {
    const words = button ? button.textContent : "";
    // Before the button is switched off: what it says is part of the form.
    const content = new FormData(form, button);
    if (button) { button.disabled = true; button.textContent = button.dataset.busy || words; }
    hold(form);
    try {
      const answer = await fetch(form.action, { method: "POST", body: content, credentials: "same-origin" });
      if (answer.redirected) { location.href = answer.url; return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.querySelector("main");
      await Promise.all([...page.querySelectorAll("head link[rel=stylesheet]")].map(fetchSheet));
      document.title = page.title;
      document.body.className = page.body.className;
      document.querySelector("main").replaceWith(document.adoptNode(main));
      give(main);
      // Going back, or loading again, begins anew instead of sending the form once more.
      history.replaceState({ before: true }, "");
      history.pushState({}, "");
      swapped = true;
      offerPrint(main);
      for (const copy of main.querySelectorAll("[data-copy]")) copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(main.querySelector(copy.dataset.copy).textContent);
        copy.textContent = "Copied";
      });
      scrollTo(0, 0);
      main.focus({ preventScroll: true });
    } catch {
      // The server is away: the form is still here, with its photos.
      delete form.dataset.sent;
      if (button) { button.disabled = false; button.textContent = words; }
      const said = form.querySelector("[data-trouble]") || document.createElement("p");
      said.dataset.trouble = "";
      said.setAttribute("role", "alert");
      said.className = "refusal";
      said.textContent = "The server did not answer. The photos are still in this page; try again.";
      form.append(said);
    }
  }

  offerPrint(document);
  addEventListener("popstate", (event) => { if (swapped && event.state?.before) location.reload(); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-keep]") || event.defaultPrevented) return;
    event.preventDefault();
    send(form, event.submitter);
  });
})();
