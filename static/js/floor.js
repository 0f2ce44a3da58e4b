// Keeps the scan field in focus, sends scans one after the other and loses none, and says by sound what came of them.
(() => {
  "use strict";
  const RETRY = 2000;
  const TONES = { right: [[880, 0, 0.09]], wrong: [[185, 0, 0.16], [185, 0.22, 0.2]] };
  const field = () => document.querySelector("[data-scan]");
  const shown = (id, isShown) => { document.getElementById(id).hidden = !isShown; };

  // --- focus ------------------------------------------------------------------------------------------
  const isTyping = () => document.activeElement?.matches("main input, main select, main textarea");
  const isTakingText = (target) => target.closest?.("input, select, textarea");
  const isPressable = (target) => target.closest?.("a, button, input, select, textarea, summary, label");
  const focus = () => { if (!isTyping()) field()?.focus({ preventScroll: Boolean(field().closest(".scan")) }); };

  document.addEventListener("click", (event) => { if (!isPressable(event.target)) focus(); });
  document.addEventListener("keydown", (event) => {
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isPress = event.key === " " && isPressable(event.target);
    if (isText && !isPress && !isTakingText(event.target)) focus();
  });
  // what a finger unfolds takes the focus; who unfolds it by keys goes on into it
  document.addEventListener("toggle", (event) => {
    if (!event.target.querySelector("summary:focus-visible")) focus();
  }, true);
  document.addEventListener("focusout", () => setTimeout(() => {
    if (document.hasFocus() && (!document.activeElement || document.activeElement === document.body)) focus();
  }));
  window.addEventListener("focus", focus);
  window.addEventListener("pageshow", focus);

  // a scanner needs no keyboard on the screen: who has one switches it off, and it stays off
  const KEYS = "floor-keyboard";
  const remembered = () => { try { return localStorage.getItem(KEYS); } catch { return null; } };
  const remember = (value) => { try { localStorage.setItem(KEYS, value); } catch { /* private mode */ } };
  const dressKeys = () => {
    const button = document.querySelector("[data-keys]");
    const input = field();
    if (!button || !input) return;
    button.hidden = !matchMedia("(pointer: coarse)").matches;
    const isOff = remembered() === "off";
    button.setAttribute("aria-pressed", String(!isOff));
    input.dataset.mode ??= input.inputMode;
    input.inputMode = isOff ? "none" : input.dataset.mode;
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-keys]")) return;
    remember(remembered() === "off" ? "on" : "off");
    dressKeys();
    field().blur();
    field().focus();
  });

  // --- sound and touch --------------------------------------------------------------------------------
  let audio;
  const play = (tone) => {
    if (!navigator.userActivation?.hasBeenActive) return; // browsers forbid it before the first touch
    audio ??= new AudioContext();
    for (const [pitch, after, length] of TONES[tone]) {
      const start = audio.currentTime + after;
      const wave = new OscillatorNode(audio, { frequency: pitch, type: tone === "right" ? "sine" : "square" });
      const volume = new GainNode(audio, { gain: tone === "right" ? 0.4 : 0.25 });
      volume.gain.setTargetAtTime(0, start + length, 0.015);
      wave.connect(volume).connect(audio.destination);
      wave.start(start);
      wave.stop(start + length + 0.1);
    }
    if (tone === "wrong") navigator.vibrate?.([120, 80, 120]);
  };

  // a bin's code or a number is read in one piece: no line ends at its hyphens
  const keepCodes = (sentence) => {
    const parts = sentence.textContent.split(/(\S*\w-\w\S*)/);
    const code = (textContent) => Object.assign(document.createElement("span"), { className: "whole", textContent });
    sentence.replaceChildren(...parts.map((part, n) => (n % 2 ? code(part) : part)));
  };

  const say = () => {
    const fresh = document.querySelector("#flash [data-tone]:not([data-said]), #flash .flash:not([data-said])");
    if (!fresh) return;
    fresh.dataset.said = "";
    keepCodes(fresh.querySelector("span") ?? fresh);
    document.getElementById("announcement").textContent = fresh.textContent.trim();
    play(fresh.dataset.tone ?? "wrong");
  };

  const settle = () => {
    const panel = document.getElementById("panel");
    if (panel?.dataset.ask && field()) field().placeholder = panel.dataset.ask;
    panel?.querySelector(".is-now")?.scrollIntoView({ block: "nearest" });
    dressKeys();
    focus();
    say();
  };
  // what was scanned to come here is meant for this screen as well: nobody scans one thing twice. Only from a screen of
  // the floor, as a link from elsewhere must not do anything; and a reload sends nothing.
  const goOn = () => {
    const input = field();
    if (!input?.matches("[data-go]")) return;
    delete input.dataset.go;
    history.replaceState(history.state, "", location.pathname);
    input.form.requestSubmit();
  };
  // the next scan takes the place of a refused one: at once, before its first character comes
  const giveWay = () => { focus(); if (field()?.matches(":focus[aria-invalid]")) field().select(); };
  document.addEventListener("DOMContentLoaded", giveWay);
  document.addEventListener("htmx:afterSwap", giveWay);
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:afterSettle", () => { settle(); goOn(); });

  // --- scans ------------------------------------------------------------------------------------------
  const waiting = [];
  let isSending = false;

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID() asks for https
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const send = async () => {
    if (isSending || !waiting.length) return;
    isSending = true;
    const { form, values } = waiting[0];
    try {
      await htmx.ajax("POST", form.action, { source: form, target: "#panel", swap: "outerHTML", values });
      waiting.shift();
      shown("offline", false);
      isSending = false;
      send();
    } catch { // no connection: the same scan goes out again, under the same name, and counts once
      shown("offline", true);
      setTimeout(() => { isSending = false; send(); }, RETRY);
    }
  };

  // a badge changes the person, whatever the field asks for; it goes by POST, so that it stands in no address
  document.addEventListener("submit", (event) => {
    const input = event.target.querySelector?.("[data-scan]");
    const { switch: url } = document.body.dataset;
    if (!url || !input || !/^\s*BADGE-/i.test(input.value)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = Object.assign(document.createElement("form"), { method: "post", action: url, hidden: true });
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, scanned: input.value })) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    input.value = "";
    document.body.append(form);
    form.submit();
  }, true);

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-scans]");
    if (!form) return;
    event.preventDefault();
    const input = field();
    const scanned = input.value.trim();
    input.value = "";
    if (!scanned) return;
    waiting.push({ form, values: { scanned, operation: newId() } });
    send();
  });

  document.addEventListener("htmx:beforeRequest", () => shown("lost", false));
  document.addEventListener("htmx:responseError", (event) => {
    waiting.length = 0; // what was scanned after it was meant for a screen that did not come
    shown("lost", true);
    play("wrong");
    document.getElementById("announcement").textContent = document.getElementById("lost").textContent.trim();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.status !== 409) return;
    waiting.length = 0;
    htmx.ajax("GET", location.href, { target: "#panel", select: "#panel", swap: "outerHTML" });
  });
})();
