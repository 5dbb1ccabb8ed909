// One clip: what is flagged, its scores, its lanes with their controls, its words.

const LONG_TRANSCRIPT = 400;

function clipView(box, view) {
  const modes = [["confidence", "confidence of the place"]];
  if (view.words.some((word) => word[6] !== null)) modes.unshift(["contribution", "contribution to the score"]);
  if (view.words.some((word) => word[5] !== null)) modes.unshift(["score", "score"]);
  let mode = modes[0][0];
  const timed = view.duration > 0;
  const long = view.words.length > LONG_TRANSCRIPT;
  const drawing = element("div", { class: "lanes" });
  const film = view.film && view.film.points && view.film.points.length ? new Film(view) : null;
  const words = element("ol", { class: "transcript", tabindex: long ? 0 : null, "aria-label": "Words" });
  const slider = element("input", { type: "range", min: 0, max: view.duration, step: 0.01, value: 0, "aria-label": "Time in the clip" });
  box.replaceChildren(...[film && film.figure(), scoreLine(view), ...clipNotes(view), long ? null : words, ...(timed ? [controls(), drawing] : []), long ? words : null, key(), scoreTable(view), contributions(view)].filter(Boolean));
  const lanes = new Lanes(drawing, view, () => mode);
  let playing = null;

  function controls() {
    const button = (label, text, act) => element("button", { type: "button", "aria-label": label, onclick: act }, text);
    const choice = modes.length < 2 ? null : element("fieldset", { class: "choice" }, element("legend", {}, "Words coloured by"),
      ...modes.map(([name, label]) => element("label", {}, element("input", {
        type: "radio", name: `mode-${view.id}`, value: name, checked: name === mode, onchange: () => { mode = name; paint(); lanes.draw(); },
      }), label)));
    return element("div", { class: "controls" }, choice, element("div", { class: "zoom", role: "group", "aria-label": "Play and zoom" },
      button("Play, or stop", "▶", play),
      button("Zoom in", "+", () => lanes.zoom(2)), button("Zoom out", "−", () => lanes.zoom(0.5)),
      button("Show the whole clip", "whole", () => lanes.zoomTo(0, view.duration))), slider);
  }

  // Move the cursor as time goes by; at the end, or on a second press, stop.
  function play() {
    if (playing !== null) return stop();
    const from = Number(slider.value) < view.duration - 0.05 ? Number(slider.value) : 0;
    const began = performance.now();
    const step = (now) => {
      const time = from + (now - began) / 1000;
      if (time >= view.duration || !drawing.isConnected) return stop();
      lanes.moveTo(time);
      playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = null;
  }

  function key() {
    const scored = modes.length > 1;
    if (!view.words.length && !view.lanes.length) return null;
    return element("p", { class: "key muted" }, scored ? "Orange: towards negative. Blue: towards positive. " : "", !timed ? "" :
      "Hatched word: its place in time is doubtful. Strip hatched in grey: no face, or no sound, at that time; in orange: a face that is turned far away, tiny or cut. ",
      !timed ? "" : "A curve is interrupted where its value is not known (pitch where the voice is not voiced). ",
      !timed ? "" : "Drag over a strip, or use the buttons, to zoom; choose a word to go to it.");
  }

  function paint() {
    const most = page.data.scoreMost || 1;
    words.replaceChildren(...view.words.filter((word) => word[0]).map((word) => element("li", {}, element("button", {
      type: "button", class: `word ${wordStep(word, mode, most)}${timed && word[3] < page.data.lowConfidence ? " doubtful" : ""}`,
      title: wordReadout(word, word[1]), onclick: () => timed && lanes.moveTo((word[1] + word[2]) / 2),
    }, word[0]))));
  }

  slider.addEventListener("input", () => lanes.moveTo(Number(slider.value)));
  lanes.onTime = (time) => {
    slider.value = time;
    if (film) film.show(time);
    slider.setAttribute("aria-valuetext", wordReadout(wordAt(view, time), time));
  };
  // An hour of speech is thousands of words: they can wait until they are looked at.
  if (long) whenSeen(words, paint);
  else paint();
  if (timed) whenSeen(drawing, () => {
    lanes.draw();
    page.redraws.add(lanes.draw);
    if (film) film.draw();
    if (film) page.redraws.add(film.draw);
    onResize(drawing, () => lanes.resize());
  });
  return () => {
    stop();
    page.redraws.delete(lanes.draw);
    if (film) page.redraws.delete(film.draw);
  };
}

function clipNotes(view) {
  const flags = [...view.flags, ...view.scoreFlags];
  const notes = flags.length ? [element("dl", { class: "flags" }, ...flags.flatMap((flag) => [
    element("dt", {}, flag), element("dd", {}, page.data.flags[flag] || ""),
  ]))] : [];
  for (const [modality, there] of Object.entries(view.present)) {
    if (!there && !flags.includes(`${modality}_missing`)) notes.push(element("p", { class: "muted" }, modality === "face" ? "No face was measured in this clip." : "This clip has no sound."));
  }
  if (view.film && view.film.problem) notes.push(element("p", { class: "muted" }, `No face is drawn: ${view.film.problem}`));
  return notes;
}

// One sentence: the score, its interval, what carried it, the label.
function scoreLine(view) {
  const score = view.score || view.scores[0];
  const label = view.label === null ? "" : ` Label: ${view.label}.`;
  if (!score || score.value === null) return label ? element("p", {}, label.trim()) : null;
  const value = score.task === "classification" ? `${score.label} (${show.percent(score.value)})` : `${show.score(score.value)}, ${score.label}`;
  const shown = score.task === "classification" ? show.percent : (value) => show.score(value);
  const interval = score.low === null ? "" : ` (${shown(score.low)} to ${shown(score.high)})`;
  const carried = score.modalities.length ? ` Carried by ${score.modalities.join(", ")}.` : "";
  return element("p", {}, element("strong", {}, `Score ${value}`), `${interval}.${carried}${label}`);
}

function scoreTable(view) {
  if (view.scores.length < 2) return null;
  const box = element("div", { class: "scores" });
  table(box, {
    caption: "Scores of the parts",
    columns: [["Part", "text"], ["Score", "score"], ["Carried by", "text"], ["Words", "long"]].map(([label, kind]) => ({ label, kind })),
    rows: view.scores.map((score) => [
      `${show.clock(score.start ?? 0)} to ${show.clock(score.end ?? 0)}`,
      [score.value, score.low, score.high, score.label], score.modalities.join(", ") || null, score.text || null,
    ]),
  });
  return box;
}

function contributions(view) {
  const score = view.score || view.scores[0];
  if (!score || !score.contributions.length) return null;
  const most = Math.max(...score.contributions.map(([, value]) => Math.abs(value)), 1e-9);
  const box = element("div", { class: "scores" });
  table(box, {
    caption: "What each modality contributed to the score (Shapley values)",
    columns: [["Modality", "text"], ["Contribution", "number"], ["Share", "balance"]].map(([label, kind]) => ({ label, kind })),
    rows: score.contributions.map(([name, value]) => [name, value, value / most]),
  });
  if (score.base !== null) box.append(element("p", { class: "muted" }, `Of a clip of which it sees nothing the model says ${show.score(score.base)}; with the contributions that makes the score, before it is limited to the label range.`));
  const tested = [view.score, ...view.scores].find((part) => part && part.deletion);
  if (tested) {
    const [top, low] = tested.deletion;
    const verdict = top > 2 * low ? "so the words' contributions can be trusted here" : "so do not trust the words' contributions here";
    box.append(element("p", { class: "muted" }, `Deletion test: without the third of the words that contribute most the score moves by ${show.number(top)}, without the third that contributes least by ${show.number(low)}, ${verdict}.`));
  }
  return box;
}

const clipBox = document.getElementById("clip");
if (clipBox) {
  let leave = () => {};
  const choice = document.getElementById("clip-choice");
  page.showClip = (at) => {
    leave();
    leave = clipView(clipBox, page.data.clips[at]);
    if (choice) choice.value = String(at);
  };
  if (choice) choice.addEventListener("change", () => page.showClip(Number(choice.value)));
  if (page.data.clips.length) page.showClip(0);
}
