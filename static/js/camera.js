// Scans by the camera, where the browser can read barcodes: what it reads goes into the scan field and is sent.
(() => {
  "use strict";
  const FORMATS = ["code_128", "qr_code", "ean_13", "ean_8", "code_39", "data_matrix"];
  const PAUSE = 150;
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;

  const dress = () => { for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false; };
  document.addEventListener("DOMContentLoaded", dress);
  document.addEventListener("htmx:afterSettle", dress);

  const dialog = () => document.getElementById("camera");
  const video = () => dialog().querySelector("video");

  const close = () => {
    for (const track of video().srcObject?.getTracks() ?? []) track.stop();
    video().srcObject = null;
    if (dialog().open) dialog().close();
  };

  const take = (text) => {
    close();
    const field = document.querySelector("[data-scan]");
    field.value = text;
    field.form.requestSubmit();
  };

  const look = async (detector) => {
    if (!dialog().open) return;
    const [found] = await detector.detect(video()).catch(() => []); // a frame that is not there yet
    if (found) take(found.rawValue);
    else setTimeout(look, PAUSE, detector);
  };

  const open = async () => {
    const known = await BarcodeDetector.getSupportedFormats();
    const detector = new BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
    dialog().showModal();
    try {
      video().srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await video().play();
      look(detector);
    } catch { // no camera, or not allowed
      dialog().querySelector("[data-no-camera]").hidden = false;
    }
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-camera]")) open();
    if (event.target.closest?.("[data-camera-close]")) close();
  });
  document.addEventListener("cancel", (event) => { if (event.target === dialog()) close(); }, true);
})();
