// Before the first paint: the reader's choice of light or dark, and that a script is there to choose one grouping.
document.documentElement.classList.add("scripted");
try {
  const theme = localStorage.getItem("countenance-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing shows the device's choice */ }
