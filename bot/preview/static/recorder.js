// Record with the microphone: a button that starts and stops, and at the end an attached voice message.

import { $, clock, el } from "./dom.js";
import { RATE, oggOpus } from "./ogg.js";

const LONGEST = 90; // seconds, as Encore hears no more
const POINTS = 64; // of the waveform that Discord shows
// What helps speech takes a hummed or whistled note for noise.
const MICROPHONE = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
let asking = false; // whether the browser is asking for the microphone
let running = null;

/** `onFile(file)` with what was recorded; its `voice` holds the seconds and the waveform. `onError(words)`. */
export function startRecorder(onFile, onError) {
  const able = navigator.mediaDevices && window.MediaRecorder && window.AudioEncoder;
  $("record").hidden = !able;
  $("record").onclick = () => (running ? stopRecording() : record(onFile, onError));
  $("record").onkeydown = (event) => {
    if (event.key === "Escape" && running) cancel();
  };
}

/** Stop, and attach what was recorded until now. */
export function stopRecording() {
  running?.recorder.stop();
}

async function record(onFile, onError) {
  if (asking) return;
  onError("");
  let stream;
  asking = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
  } catch (error) {
    const why = { NotAllowedError: "the browser was not allowed to", NotFoundError: "there is none" }[error.name] ?? error.message;
    return onError(`The microphone cannot be used: ${why}.`);
  } finally {
    asking = false;
  }
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  const mine = { recorder, cancelled: false, began: performance.now() };
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = async () => {
    clearInterval(mine.timer);
    for (const track of stream.getTracks()) track.stop();
    running = null;
    show(null);
    if (mine.cancelled) return say("The recording was thrown away.");
    try {
      const file = await voiceMessage(new Blob(pieces));
      onFile(file);
      say(`Recorded ${clock(file.voice.seconds)}. It is attached; send it, or choose a command.`);
    } catch (error) {
      onError(`The recording cannot be used: ${error.message}.`);
    }
  };
  running = mine;
  recorder.start();
  say(`Recording, ${LONGEST} seconds at most. Press the button again to stop, Escape to throw it away.`);
  show(0);
  mine.timer = setInterval(() => {
    const seconds = (performance.now() - mine.began) / 1000;
    if (seconds >= LONGEST - 1) stopRecording();
    else show(seconds);
  }, 250);
}

function cancel() {
  running.cancelled = true;
  running.recorder.stop();
}

/** The button, with the time beside it for eyes alone: a screen reader need not count along. */
function show(seconds) {
  const on = seconds !== null;
  $("record").classList.toggle("on", on);
  $("record").setAttribute("aria-label", on ? "Stop recording" : "Record a voice message");
  $("recorded").replaceChildren(...(on ? [el("span", { "aria-hidden": "true" }, `● ${clock(seconds)}`)] : []));
}

function say(words) {
  $("recording").textContent = words;
}

/** What the browser recorded, in whatever format, as Discord's apps send it. */
async function voiceMessage(blob) {
  const heard = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await blob.arrayBuffer());
  const samples = heard.getChannelData(0).subarray(0, LONGEST * RATE);
  const file = new File([await oggOpus(samples)], "voice-message.ogg", { type: "audio/ogg" });
  file.voice = { seconds: Math.round(samples.length / RATE * 1000) / 1000, waveform: waveform(samples) };
  return file;
}

/** The loudness of `POINTS` equal stretches, 0 … 255 each, in base64. */
function waveform(samples) {
  const size = Math.max(1, Math.floor(samples.length / POINTS));
  const levels = Array.from({ length: POINTS }, (_, n) => {
    const stretch = samples.subarray(n * size, (n + 1) * size);
    return Math.sqrt(stretch.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, stretch.length));
  });
  const loudest = Math.max(...levels, 1e-6);
  return btoa(String.fromCharCode(...levels.map((level) => Math.round(255 * level / loudest))));
}
