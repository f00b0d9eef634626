// The pen of a drawing pad. All pads of a page share these listeners, which find their pad from the event: so it does
// not matter whether this runs before or after the widget is there, nor how often. A finished stroke is written into
// the pad's text field, like a line that somebody typed, and travels to the kernel as the field's value.
(() => {
  if (window.courseDrawingPad) return;
  window.courseDrawingPad = true;
  const REACH = 4, HALF = 5; // strokes stay in [-4, 4]²; the picture shows [-5, 5]²
  const NEAR = 0.08; // corners nearer than this to the last one are left out: half a standard deviation
  const STEP = 0.1, LEAP = 0.5; // of the arrow keys, alone and with Shift
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const pens = new WeakMap(); // canvas -> { x, y, stroke, cross }

  const inside = value => Math.max(-REACH, Math.min(REACH, value));
  const pad = canvas => canvas.closest(".drawing-pad");
  const canvasOf = event => event.target?.closest?.("canvas.drawing-pad-canvas");

  function pen(canvas) {
    if (!pens.has(canvas)) pens.set(canvas, { x: 0, y: 0, stroke: null, cross: false });
    return pens.get(canvas);
  }

  function paint(canvas) { // the stroke under way, and the cross of a pen that the keyboard moves
    const { x, y, stroke, cross } = pen(canvas);
    const width = canvas.clientWidth, height = canvas.clientHeight, sharp = window.devicePixelRatio || 1;
    canvas.width = width * sharp; // this also wipes it
    canvas.height = height * sharp;
    const to = ([a, b]) => [(a + HALF) / (2 * HALF) * width, (HALF - b) / (2 * HALF) * height];
    const ink = canvas.getContext("2d");
    ink.scale(sharp, sharp);
    ink.lineCap = ink.lineJoin = "round";
    const line = (points, color, thick) => {
      ink.strokeStyle = color;
      ink.lineWidth = thick;
      ink.beginPath();
      points.forEach((point, i) => (i ? ink.lineTo(...to(point)) : ink.moveTo(...to(point))));
      if (points.length === 1) ink.lineTo(...to(points[0]));
      ink.stroke();
    };
    if (stroke) line(stroke, "#56B4E9", 6);
    if (cross) {
      for (const [color, thick] of [["#000000", 5], ["#FFFFFF", 2]]) { // white on black: seen on every colour
        line([[x - 0.3, y], [x + 0.3, y]], color, thick);
        line([[x, y - 0.3], [x, y + 0.3]], color, thick);
      }
    }
  }

  function say(canvas, words) {
    const place = pad(canvas)?.querySelector(".drawing-pad-pen");
    if (place) place.textContent = words;
  }

  function add(canvas, x, y) { // moves the pen, and lengthens the stroke if there is one
    const now = pen(canvas);
    now.x = inside(x);
    now.y = inside(y);
    const last = now.stroke?.at(-1);
    if (last && Math.hypot(now.x - last[0], now.y - last[1]) >= NEAR) now.stroke.push([now.x, now.y]);
    paint(canvas);
  }

  function finish(canvas) { // the ink stays until the kernel's picture shows it
    const now = pen(canvas), field = pad(canvas)?.querySelector("textarea");
    const stroke = now.stroke;
    now.stroke = null;
    if (!stroke || !field) return;
    const line = stroke.map(([a, b]) => `${+a.toFixed(2)},${+b.toFixed(2)}`).join(" ");
    field.value = [field.value.trimEnd(), line].filter(Boolean).join("\n");
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function place(canvas, event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * 2 * HALF - HALF, HALF - (event.clientY - box.top) / box.height * 2 * HALF];
  }

  function on(type, act) { // before the notebook hears of it, whose own shortcuts would move its cells
    window.addEventListener(type, event => {
      const canvas = canvasOf(event);
      if (canvas && act(canvas, event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    }, { capture: true, passive: false });
  }

  on("pointerdown", (canvas, event) => {
    if (event.button !== 0 || !event.isPrimary) return false;
    const [x, y] = place(canvas, event);
    canvas.focus({ preventScroll: true });
    try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    Object.assign(pen(canvas), { stroke: [[inside(x), inside(y)]], cross: false });
    say(canvas, "");
    add(canvas, x, y);
    return true;
  });
  on("pointermove", (canvas, event) => {
    const now = pen(canvas);
    if (!now.stroke || now.cross || !event.isPrimary) return false;
    for (const each of event.getCoalescedEvents?.() ?? []) add(canvas, ...place(canvas, each));
    add(canvas, ...place(canvas, event));
    return true;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    on(end, (canvas, event) => {
      if (!pen(canvas).stroke || pen(canvas).cross || !event.isPrimary) return false;
      finish(canvas);
      return true;
    });
  }

  on("keydown", (canvas, event) => {
    const now = pen(canvas), press = name => pad(canvas)?.querySelector(`.explorer-control-${name}`)?.click();
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return false;
    if (ARROWS[event.key]) {
      const far = event.shiftKey ? LEAP : STEP, [right, up] = ARROWS[event.key];
      now.cross = true;
      add(canvas, +(now.x + far * right).toFixed(2), +(now.y + far * up).toFixed(2));
    } else if (event.key === " ") {
      now.cross = true;
      if (now.stroke) finish(canvas);
      else now.stroke = [[now.x, now.y]];
      paint(canvas);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (now.stroke) now.stroke = null;
      else press("undo");
      paint(canvas);
    } else if (event.key === "Escape") {
      if (now.stroke) now.stroke = null;
      else press("clear");
      paint(canvas);
    } else return false;
    if (now.cross) say(canvas, `Pen ${now.stroke ? "down" : "up"} at ${now.x.toFixed(1)}, ${now.y.toFixed(1)}`);
    return true;
  });

  window.addEventListener("focusout", event => {
    const canvas = canvasOf(event);
    if (!canvas) return;
    if (pen(canvas).cross) finish(canvas);
    pen(canvas).cross = false;
    say(canvas, "");
    paint(canvas);
  }, true);

  window.addEventListener("load", event => { // the kernel's picture, with the stroke in it
    if (event.target?.matches?.(".drawing-pad img")) {
      pad(event.target).querySelectorAll("canvas.drawing-pad-canvas").forEach(paint);
    }
  }, true);
})();
