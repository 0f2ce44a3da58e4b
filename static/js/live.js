// Keeps #live fresh: silent while nobody looks, asks at once on return, and keeps what the reader had opened.
(() => {
  "use strict";
  const live = () => document.getElementById("live");
  const isLive = (event) => event.target.id === "live";
  const keys = () => new Set([...document.querySelectorAll("#live [data-key]")].map((each) => each.dataset.key));
  const headline = () => document.getElementById("headline")?.textContent ?? "";
  let before = { keys: new Set(), opened: [], headline: "" };

  const wake = () => {
    if (!document.hidden && live()) htmx.trigger(live(), "wake");
  };

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && isLive(event)) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isLive(event)) return;
    const opened = [...document.querySelectorAll("#live details[open]")].map((each) => each.id);
    before = { keys: keys(), opened, headline: headline() };
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!isLive(event)) return;
    for (const id of before.opened) document.getElementById(id)?.setAttribute("open", "");
    for (const line of document.querySelectorAll("#live [data-key]")) {
      line.classList.toggle("is-new", !before.keys.has(line.dataset.key));
    }
    if (headline() !== before.headline) document.getElementById("announcement").textContent = headline();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isLive(event)) return;
    document.getElementById("offline").hidden = event.detail.xhr.status !== 0;
    if (event.detail.xhr.status === 404) location.reload(); // the link is no longer good: the page says so
  });

  // paper shows everything
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of folded) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of folded) each.open = false;
  });
})();
