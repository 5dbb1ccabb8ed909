// Lanes: the words and the curves of a clip over one time axis, with one cursor and one zoom.

const LANE_HEIGHT = { words: 58, curve: 84 };
const AXIS_WIDTH = 46;
// A word narrower than this has no border and no text; parts that are closer than four times this on average have none either.
const NARROW_PX = 4;
let laneGroups = 0;

class Lanes {
  constructor(box, view, colouring) {
    this.view = view;
    this.colouring = colouring;
    this.key = `lanes-${laneGroups++}`;
    this.span = [0, Math.max(view.duration, 0.1)];
    this.shown = this.span;
    this.onTime = () => {};
    this.strips = [{ kind: "words", title: "Words" }];
    if (view.scores.length > 1) this.strips.push(scoreStrip(view));
    this.strips.push(...view.lanes.map((lane) => ({ kind: "curve", ...lane })));
    for (const strip of this.strips) this.frame(box, strip);
    this.draw = this.draw.bind(this);
  }

  frame(box, strip) {
    strip.values = element("span", { class: "values" });
    strip.box = element("div", { class: "plot" });
    const keys = (strip.series || []).filter((series) => !series.bound).map((series, at) => element("li",
      { title: series.meaning || null }, element("span", { class: `swatch c${1 + at}` }), series.label));
    box.append(element("figure", { class: `lane ${strip.kind}`, role: "group", "aria-label": laneSummary(strip, this.view) },
      element("figcaption", {}, element("strong", {}, strip.title), strip.unit ? element("span", { class: "muted" }, strip.unit) : null,
        keys.length ? element("ul", { class: "legend" }, ...keys) : null, strip.values), strip.box));
  }

  draw() {
    this.hatches = null;
    this.strips.forEach((strip, at) => {
      if (strip.plot) strip.plot.destroy();
      strip.plot = new uPlot(this.options(strip, at === this.strips.length - 1), this.data(strip), strip.box);
    });
  }

  data(strip) {
    if (strip.kind === "words") return [this.span, [null, null]];
    const times = Array.isArray(strip.times) ? strip.times : this.view.times[strip.times];
    return [times, ...strip.series.map((series) => series.values)];
  }

  options(strip, last) {
    const series = strip.kind === "words" ? [{ show: false }] : strip.series.map((curve, at) => ({
      stroke: curve.bound ? "transparent" : color(`c${1 + at}`), width: curve.bound ? 0 : 1.5, spanGaps: false,
      fill: strip.fill ? color(`c${1 + at}`) + "33" : undefined, points: { show: false },
      fillTo: (u) => u.scales.y.min,
    }));
    return {
      width: strip.box.clientWidth, height: LANE_HEIGHT[strip.kind] + (last ? 26 : 0), series: [{}, ...series],
      bands: strip.kind === "curve" && strip.band ? [{ series: [2, 3], fill: color("c1") + "33" }] : [],
      legend: { show: false }, padding: [8, 10, last ? 0 : 4, 0],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, sync: { key: this.key, scales: ["x", null] } },
      scales: { x: { time: false, range: () => this.shown }, y: strip.kind === "words" ? { range: () => [0, 1] } : {} },
      axes: [
        axis({ size: last ? 26 : 0, show: true, values: (u, marks) => last ? marks.map((mark) => axisTime(mark)) : marks.map(() => ""),
          ticks: { show: last, stroke: color("line"), size: 4 } }),
        axis({ size: AXIS_WIDTH, show: true, space: 18, grid: { show: strip.kind !== "words", stroke: color("line"), width: 1 },
          ticks: { show: false }, values: (u, marks) => strip.kind === "words" ? marks.map(() => "") : show.marks(marks) }),
      ],
      hooks: {
        drawClear: [(u) => this.drawMissing(u, strip)],
        draw: strip.kind === "words" ? [(u) => this.drawWords(u)] : [],
        setCursor: [(u) => this.read(u, strip)],
        setSelect: [(u) => this.zoomToSelected(u)],
      },
    };
  }

  patterns(u) {
    this.hatches ||= { missing: hatch(u.ctx, color("hatch")), doubt: hatch(u.ctx, color("doubt")) };
    return this.hatches;
  }

  drawMissing(u, strip) {
    u.ctx.save();
    for (const [brush, stretches] of [["missing", this.view.missing], ["doubt", this.view.unsure]]) {
      u.ctx.fillStyle = this.patterns(u)[brush];
      for (const [start, end] of stretches[strip.times] || []) {
        const [left, right] = edges(u, start, end);
        if (right > left) u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
      }
    }
    u.ctx.restore();
  }

  drawWords(u) {
    const { ctx, bbox } = u;
    const most = page.data.scoreMost || 1;
    ctx.save();
    ctx.font = `${Math.round(12 * uPlot.pxRatio)}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "center";
    for (const word of this.view.words) {
      const [left, right] = edges(u, word[1], word[2]);
      if (right <= left) continue;
      ctx.fillStyle = color(wordStep(word, this.colouring(), most));
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      if (word[3] < page.data.lowConfidence) {
        ctx.fillStyle = this.patterns(u).doubt;
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
      }
      if (right - left < NARROW_PX * uPlot.pxRatio) continue;
      ctx.strokeStyle = color("panel");
      ctx.strokeRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = color("ink");
      if (ctx.measureText(word[0]).width + 4 < right - left) ctx.fillText(word[0], (left + right) / 2, bbox.top + bbox.height / 2);
    }
    ctx.fillStyle = color("ink");
    const [min, max] = this.shown;
    const parts = this.view.segments.slice(1).filter(([start]) => start > min && start < max);
    const dense = bbox.width / (parts.length + 1) < 4 * NARROW_PX * uPlot.pxRatio;
    for (const [start] of dense ? [] : parts) {
      const at = u.valToPos(start, "x", true);
      ctx.fillRect(at - uPlot.pxRatio, bbox.top - 4, 2 * uPlot.pxRatio, bbox.height + 8);
    }
    ctx.restore();
  }

  read(u, strip) {
    const here = u.cursor.left >= 0;
    const time = here ? u.posToVal(u.cursor.left, "x") : null;
    if (strip.kind === "words") {
      if (here) this.onTime(time);
      strip.values.textContent = here ? wordReadout(wordAt(this.view, time), time) : "";
      return;
    }
    const at = u.cursor.idx;
    const near = here && at !== null && at !== undefined && Math.abs(u.data[0][at] - time) < 1.5 * (u.data[0].at(-1) - u.data[0][0]) / Math.max(1, u.data[0].length - 1);
    strip.values.textContent = near || (here && strip.band) ? strip.series.filter((series) => !series.bound)
      .map((series) => show.number(series.values[at] ?? null)).join(" · ") : here ? "not there" : "";
  }

  moveTo(time) {
    const [min, max] = this.shown;
    if (time < min || time > max) this.zoomTo(time - (max - min) / 2, time + (max - min) / 2);
    queueMicrotask(() => this.strips.forEach(({ plot }) => plot.setCursor({ left: plot.valToPos(time, "x"), top: 4 })));
  }

  zoom(factor) {
    const [min, max] = this.shown;
    const left = this.strips[0].plot.cursor.left;
    const centre = left >= 0 ? this.strips[0].plot.posToVal(left, "x") : (min + max) / 2;
    const half = (max - min) / 2 / factor;
    this.zoomTo(centre - half, centre + half);
  }

  zoomTo(min, max) {
    const whole = this.span[1] - this.span[0];
    const width = Math.min(whole, Math.max(0.2, max - min));
    const from = Math.max(this.span[0], Math.min(min, this.span[1] - width));
    this.shown = [from, from + width];
    for (const { plot } of this.strips) plot.setScale("x", { min: from, max: from + width });
  }

  zoomToSelected(u) {
    if (u.select.width < 4) return;
    this.zoomTo(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  resize() {
    this.strips.forEach(({ plot, box }) => plot.setSize({ width: box.clientWidth, height: plot.height }));
  }
}

function edges(u, start, end) {
  const { left, width } = u.bbox;
  return [Math.max(left, u.valToPos(start, "x", true)), Math.min(left + width, u.valToPos(end, "x", true))];
}

function axisTime(value) {
  return value < 60 ? `${show.number(value)} s` : `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")}`;
}

function scoreStrip(view) {
  const times = [], value = [], low = [], high = [];
  view.scores.filter((score) => score.value !== null && score.start !== null).forEach((score) => {
    times.push(score.start + 1e-4, score.end - 2e-4, score.end - 1e-4);
    value.push(score.value, score.value, null);
    low.push(score.low, score.low, null);
    high.push(score.high, score.high, null);
  });
  return { kind: "curve", title: "Score", unit: "", fill: false, band: true, times, series: [
    { label: "score and its interval", values: value }, { label: "high", bound: true, values: high }, { label: "low", bound: true, values: low },
  ] };
}

function wordStep(word, colouring, most) {
  if (colouring === "score" && word[5] !== null) return scoreStep(word[5], most);
  if (colouring === "contribution" && word[6] !== null) return scoreStep(word[6], page.data.contributionMost || 1);
  return confidenceStep(word[3]);
}

function wordAt(view, time) {
  return view.words.find((word) => word[1] <= time && time < word[2]);
}

function wordReadout(word, time) {
  if (!word) return `${show.clock(time)} · no word`;
  const parts = [show.clock(time), word[0] || "(window)", `confidence ${show.number(word[3], 2)}`, word[4]];
  if (word[6] !== null) parts.push(`contributes ${show.signed(word[6])}`);
  return parts.join(" · ");
}

function laneSummary(strip, view) {
  if (strip.kind === "words") return `${view.words.length} words over ${show.seconds(view.duration)}`;
  const parts = strip.series.filter((series) => !series.bound).map((series) => {
    const known = series.values.filter((value) => value !== null);
    return known.length ? `${series.label}: ${show.number(known.reduce((a, b) => Math.min(a, b)))} to ${show.number(known.reduce((a, b) => Math.max(a, b)))}` : `${series.label}: never measured`;
  });
  return `${strip.title} ${strip.unit}. ${parts.join("; ")}`;
}
