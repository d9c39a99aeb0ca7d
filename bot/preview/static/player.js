// A player for one sound: play and pause, a slider to seek, times, download; one plays at a time.

import { clock, el, size } from "./dom.js";

let playing = null;

export function player(file) {
  const audio = el("audio", { src: file.url, preload: "metadata" });
  const toggle = el("button.play", { type: "button", "aria-label": `Play ${file.name}` });
  const seek = el("input.seek", { type: "range", min: 0, max: 1000, value: 0, "aria-label": `Position in ${file.name}` });
  const time = el("span.time", {}, "0:00");
  let dragging = false;

  function show() {
    const length = Number.isFinite(audio.duration) ? audio.duration : 0;
    if (!dragging) seek.value = length ? (audio.currentTime / length) * 1000 : 0;
    seek.style.setProperty("--done", `${seek.value / 10}%`);
    time.textContent = `${clock(audio.currentTime)} / ${clock(length)}`;
    seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length)}`);
    toggle.classList.toggle("on", !audio.paused);
    toggle.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${file.name}`);
  }
  toggle.onclick = () => (audio.paused ? audio.play().catch(broken) : audio.pause());
  seek.oninput = () => {
    dragging = true;
    if (audio.duration) audio.currentTime = (seek.value / 1000) * audio.duration;
    dragging = false;
  };
  audio.onplay = () => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    show();
  };
  for (const event of ["pause", "timeupdate", "loadedmetadata", "durationchange", "ended", "seeked"]) {
    audio.addEventListener(event, show);
  }
  function broken() {
    time.textContent = "cannot be played";
    toggle.disabled = true;
  }
  audio.onerror = broken;
  const name = el("span.name", { title: file.name }, file.name);
  const save = el("a.save", { href: file.url, download: file.name, title: "Download", "aria-label": `Download ${file.name}` }, "↓");
  return el("div.player", { role: "group", "aria-label": `Sound ${file.name}` }, audio, toggle,
    el("div.what", {}, el("div.line", {}, name, el("span.size", {}, size(file.size)), time), seek), save);
}
