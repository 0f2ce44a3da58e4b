// Makes times of the last 24 hours relative, in the page's language. What the server wrote stays as the title.
(() => {
  "use strict";
  const DAY = 24 * 3600;
  const UNITS = [["hour", 3600], ["minute", 60], ["second", 1]];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

  const relative = (age) => {
    const [unit, size] = UNITS.find(([, seconds]) => age >= seconds) ?? ["second", 1];
    return unit === "second" ? words.format(0, "second") : words.format(-Math.floor(age / size), unit);
  };

  const refresh = () => {
    for (const time of document.querySelectorAll("main time[datetime]")) {
      const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
      time.dataset.written ??= time.textContent;
      const isFresh = age >= 0 && age < DAY;
      time.textContent = isFresh ? relative(age) : time.dataset.written;
      time.title = isFresh ? time.dataset.written : "";
    }
  };

  refresh();
  setInterval(refresh, 30_000);
  document.addEventListener("htmx:afterSettle", refresh);
})();
