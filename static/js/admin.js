// The theme of the admin is a class of <html>, chosen by its reader; tokens.css asks the system. Its dark half is
// switched by hand here, so that no colour stands in two files.
const darkHalf = [...document.styleSheets]
  .filter((sheet) => sheet.href && sheet.href.includes("/css/tokens."))
  .flatMap((sheet) => [...sheet.cssRules])
  .find((rule) => rule.conditionText && rule.conditionText.includes("prefers-color-scheme"));

function followTheme() {
  darkHalf.media.mediaText = document.documentElement.classList.contains("dark") ? "screen" : "not all";
}

followTheme();
new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ["class"] });

// A button that was pressed is not pressed again while its page is on the way. (The services refuse it anyhow.)
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.target === "_blank") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
