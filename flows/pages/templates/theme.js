// What every drawing on the page shares: the data, the colours of the moment, numbers as text, elements.

const page = { data: JSON.parse(document.getElementById("data").textContent), redraws: new Set() };

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const colors = new Map();
dark.addEventListener("change", () => {
  colors.clear();
  page.redraws.forEach((redraw) => redraw());
});

// A colour of the style sheet; remembered, for thousands of words ask for the same few.
function color(name) {
  if (!colors.has(name)) colors.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  return colors.get(name);
}

// Make an element. Text becomes text nodes, never markup: names and words come from clips.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const show = {
  // Numbers of an axis: as many digits as it takes to tell neighbours apart.
  marks(values) {
    for (let digits = 3; digits < 9; digits += 1) {
      const texts = values.map((value) => show.number(value, digits));
      if (new Set(texts).size === texts.length) return texts;
    }
    return values.map((value) => show.number(value));
  },
  number(value, digits = 3) {
    if (value === null || value === undefined) return "–";
    const text = Math.abs(value) >= 1e-4 && Math.abs(value) < 1e7 || value === 0
      ? String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(Math.abs(value) || 1))))))
      : value.toExponential(digits - 1);
    return text.replace("-", "−");
  },
  percent(share) {
    if (share === null || share === undefined) return "–";
    if (share > 0.995 && share < 1) return "> 99 %";
    return share > 0 && share < 0.005 ? "< 1 %" : `${Math.round(share * 100)} %`;
  },
  score(value, decimals = 2) {
    if (value === null || value === undefined) return "–";
    const text = value.toFixed(decimals);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  },
  seconds(value) {
    if (value === null || value === undefined) return "–";
    if (value < 60) return `${value.toFixed(1)} s`;
    const whole = Math.round(value);
    const rest = (n) => String(n).padStart(2, "0");
    return whole < 3600
      ? `${Math.floor(whole / 60)} min ${rest(whole % 60)} s`
      : `${Math.floor(whole / 3600)} h ${rest(Math.floor((whole % 3600) / 60))} min`;
  },
  clock(value) {
    if (value < 60) return `${value.toFixed(2)} s`;
    const minutes = Math.floor(value / 60);
    return `${minutes}:${(value % 60).toFixed(1).padStart(4, "0")}`;
  },
  signed(value) {
    return (value > 0 ? "+" : "") + show.score(value, 3);
  },
};

// Steps of the scale from negative to positive; `most` is the largest value there is.
function scoreStep(value, most) {
  const step = Math.max(-3, Math.min(3, Math.round((value / most) * 3)));
  return step < 0 ? `neg${-step}` : step > 0 ? `pos${step}` : "mid";
}

function confidenceStep(confidence) {
  return `conf${Math.min(3, Math.floor(confidence * 4))}`;
}

function hatch(context, ink) {
  const size = Math.round(8 * uPlot.pxRatio);
  const tile = element("canvas", { width: size, height: size });
  const brush = tile.getContext("2d");
  brush.strokeStyle = ink;
  brush.lineWidth = Math.max(1, 1.3 * uPlot.pxRatio);
  for (const shift of [-size, 0, size]) {
    brush.beginPath();
    brush.moveTo(shift, size);
    brush.lineTo(shift + size, 0);
    brush.stroke();
  }
  return context.createPattern(tile, "repeat");
}
