// What makes pages quicker to use. Every page works without it.
//
// data-drop            a place for files: dropping, pasting, a preview
// data-poll="URL"      asks for JSON {fields, progress, over} and shows it in [data-field] and [data-field-value]
// data-key="1"         a button or link pressed by a key;  data-go="c": by g and then that key
// data-submit          a form that is sent as soon as one of its fields changes
// data-download        a form whose answer is a file: it may be sent again
// data-copy="SELECTOR" a button that copies another element's text
"use strict";
(() => {
  const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type));

  function showFiles(area, files) {
    const list = area.querySelector("[data-dropped]");
    if (!list) return;
    list.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    list.replaceChildren();
    for (const file of [...files].slice(0, 6)) {
      const item = document.createElement("span");
      if (/^image\/(jpeg|png|webp|gif|bmp|avif)$/.test(file.type) && file.size < 3e7) {
        const image = document.createElement("img");
        image.src = URL.createObjectURL(file);
        image.alt = "";
        item.append(image);
      }
      item.append(`${file.name} (${Math.max(1, Math.round(file.size / 1000)).toLocaleString("en")} kB)`);
      list.append(item);
    }
    if (files.length > 6) list.append(`and ${(files.length - 6).toLocaleString("en")} more`);
  }

  const areas = [...document.querySelectorAll("[data-drop]")];
  function take(area, files) {
    const input = area.querySelector("input[type=file]");
    if (!files.length) return;
    const chosen = new DataTransfer();
    for (const file of input.multiple ? files : [...files].slice(0, 1)) chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (const area of areas) {
    const input = area.querySelector("input[type=file]");
    input.addEventListener("change", () => showFiles(area, input.files));
    for (const name of ["dragenter", "dragover"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
    for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
    area.addEventListener("drop", (event) => { event.preventDefault(); take(area, event.dataTransfer.files); });
  }
  if (areas.length) {
    // A photo that misses the place must not replace the page.
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
    document.addEventListener("paste", (event) => {
      if (typing(event.target) || !event.clipboardData.files.length) return;
      take(areas.find((area) => !area.querySelector("input[type=file]").files.length) || areas[0], event.clipboardData.files);
    });
  }

  async function poll(section) {
    try {
      const answer = await fetch(section.dataset.poll, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.redirected || answer.status === 401) { location.reload(); return; }
      if (answer.ok) {
        const told = await answer.json();
        for (const element of section.querySelectorAll("[data-field]")) {
          const value = told.fields[element.dataset.field];
          if (value !== undefined && element.textContent !== value) element.textContent = value;
        }
        for (const element of section.querySelectorAll("[data-field-value]")) if (told.progress !== null) element.value = told.progress;
        if (told.over) { location.reload(); return; }
      }
    } catch { /* The server is away for the moment; the next time may find it. */ }
    setTimeout(() => poll(section), Number(section.dataset.every || 1000));
  }
  document.querySelectorAll("[data-poll]").forEach((section) => setTimeout(() => poll(section), Number(section.dataset.every || 1000)));

  document.querySelectorAll("form[data-submit]").forEach((form) => form.addEventListener("change", () => form.requestSubmit()));
  document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = "Copied";
  }));
  // A form is sent once: pressing twice does not ask twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A form whose answer is a file leaves the page as it is, so it may be sent again.
    if (form.method === "dialog" || form.dataset.download !== undefined) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && button.dataset.busy) button.textContent = button.dataset.busy;
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

  // Light and dark change the page that is there: what a form came to would be gone if it were loaded again.
  document.querySelector("form.themes")?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = event.target, chosen = event.submitter.value;
    const sent = new URLSearchParams(new FormData(form, event.submitter));
    fetch(form.action, { method: "POST", body: sent, credentials: "same-origin", redirect: "manual" });
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.value === chosen)));
  });

  let row = -1, went = 0;
  function pick(step) {
    const rows = [...document.querySelectorAll("main tbody tr:has(a), main [data-row]:has(a)")];
    if (!rows.length) return;
    row = Math.min(rows.length - 1, Math.max(0, row + step));
    rows.forEach((item, index) => item.classList.toggle("picked", index === row));
    rows[row].querySelector("a").focus();
    rows[row].scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key;
    const go = Date.now() - went < 1500 && document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    went = 0;
    if (go) { event.preventDefault(); location.href = go.href; return; }
    const own = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (own) { event.preventDefault(); own.tagName === "INPUT" || own.tagName === "TEXTAREA" ? own.focus() : own.click(); return; }
    if (key === "g") went = Date.now();
    else if (key === "j") pick(1);
    else if (key === "k") pick(-1);
    else if (key === "b") document.querySelector("[data-blur]")?.click();
    else if (key === "/") { const search = document.querySelector("input[type=search]"); if (search) { event.preventDefault(); search.focus(); } }
    else if (key === "?") document.getElementById("keys")?.showModal();
  });
})();
