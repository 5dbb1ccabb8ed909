// The speaker's face at the time of the cursor: lines between landmarks, over the picture if the page holds any.

const FILM_SIDE = 200;

class Film {
  constructor(view) {
    this.film = view.film;
    this.canvas = element("canvas", { role: "img", "aria-label": "Lines of the speaker's face at the time of the cursor" });
    this.caption = element("figcaption", { class: "muted" });
    this.pictures = (this.film.pictures || []).map((source) => {
      const image = new Image();
      image.onload = () => this.draw();
      image.src = source;
      return image;
    });
    this.at = Math.max(0, this.film.points.findIndex((points) => points !== null));
    this.draw = this.draw.bind(this);
  }

  figure() {
    return element("figure", { class: "film" }, this.canvas, this.caption);
  }

  show(time) {
    const times = this.film.times;
    let best = 0;
    for (let at = 1; at < times.length; at++) if (Math.abs(times[at] - time) < Math.abs(times[best] - time)) best = at;
    if (best === this.at) return;
    this.at = best;
    this.draw();
  }

  // What is shown: the whole picture, or, without one, where the face ever is.
  window() {
    if (this.pictures.length) return [0, 0, 1000, 1000];
    const seen = this.film.points.filter((points) => points !== null);
    const sides = [0, 1].map((side) => seen.flatMap((points) => points.filter((_, at) => at % 2 === side)));
    const [left, top] = sides.map((values) => values.reduce((a, b) => Math.min(a, b)));
    const [right, bottom] = sides.map((values) => values.reduce((a, b) => Math.max(a, b)));
    const [wide, high] = [(right - left) * 0.12, (bottom - top) * 0.12];
    return [left - wide, top - high, right + wide, bottom + high];
  }

  draw() {
    const [left, top, right, bottom] = this.bounds ||= this.window();
    const aspect = ((right - left) / (bottom - top)) * this.film.aspect;
    const width = Math.min(FILM_SIDE, FILM_SIDE * aspect);
    this.canvas.width = Math.round(width * uPlot.pxRatio);
    this.canvas.height = Math.round((width / aspect) * uPlot.pxRatio);
    this.canvas.style.width = `${width}px`;
    const context = this.canvas.getContext("2d");
    const { width: w, height: h } = this.canvas;
    const picture = this.pictures[this.at];
    if (picture && picture.complete && picture.naturalWidth) context.drawImage(picture, 0, 0, w, h);
    const points = this.film.points[this.at];
    this.caption.textContent = `${show.clock(this.film.times[this.at])}${points ? "" : ": no face"}`;
    if (!points) {
      context.fillStyle = hatch(context, color("hatch"));
      context.fillRect(0, 0, w, h);
      return;
    }
    const x = (at) => ((points[2 * at] - left) / (right - left)) * w;
    const y = (at) => ((points[2 * at + 1] - top) / (bottom - top)) * h;
    context.strokeStyle = picture ? "#ffffff" : color("c1");
    context.lineWidth = 1.2 * uPlot.pxRatio;
    context.beginPath();
    for (const [start, end] of this.film.lines) {
      context.moveTo(x(start), y(start));
      context.lineTo(x(end), y(end));
    }
    context.stroke();
  }
}
