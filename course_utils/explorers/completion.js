// The brush of a digit pad. All pads of a page share these listeners, which find their pad from the event. What is
// hidden stands in the pad's text field as sixteen hexadecimal digits, two for each row, and travels to the kernel as
// the field's value.
(() => {
  if (window.courseDigitPad) return;
  window.courseDigitPad = true;
  const SIDE = 8;
  const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const brushes = new WeakMap(); // canvas -> { row, col, hide, mask, mark }

  const canvasOf = event => event.target?.closest?.("canvas.digit-pad-canvas");
  const pad = canvas => canvas.closest(".digit-pad");
  const field = canvas => pad(canvas)?.querySelector("textarea");

  function brush(canvas) {
    if (!brushes.has(canvas)) brushes.set(canvas, { row: 0, col: 0, hide: true, mask: null, mark: false });
    return brushes.get(canvas);
  }

  function read(canvas) { // 64 truth values
    const text = (field(canvas)?.value ?? "").trim();
    const good = /^[0-9a-fA-F]{16}$/.test(text) ? text : "0".repeat(16);
    return [...good].flatMap(digit => [8, 4, 2, 1].map(bit => (parseInt(digit, 16) & bit) > 0));
  }

  function write(canvas, mask) {
    let text = "";
    for (let k = 0; k < 64; k += 4) text += mask.slice(k, k + 4).reduce((sum, on) => 2 * sum + on, 0).toString(16);
    const place = field(canvas);
    if (!place || place.value === text) return;
    place.value = text;
    place.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function paint(canvas) { // what is under way, until the kernel's picture shows it
    const now = brush(canvas), width = canvas.clientWidth, height = canvas.clientHeight;
    const sharp = window.devicePixelRatio || 1;
    canvas.width = width * sharp; // this also wipes it
    canvas.height = height * sharp;
    const ink = canvas.getContext("2d");
    ink.scale(sharp, sharp);
    const cell = [width / SIDE, height / SIDE];
    if (now.mask) {
      const before = read(canvas);
      now.mask.forEach((on, k) => {
        if (on === before[k]) return;
        ink.fillStyle = on ? "rgba(0,114,178,0.7)" : "rgba(230,159,0,0.6)";
        ink.fillRect((k % SIDE) * cell[0], Math.floor(k / SIDE) * cell[1], ...cell);
      });
    }
    if (now.mark) {
      for (const [color, thick] of [["#000000", 5], ["#FFFFFF", 2]]) {
        ink.strokeStyle = color;
        ink.lineWidth = thick;
        ink.strokeRect(now.col * cell[0] + 2.5, now.row * cell[1] + 2.5, cell[0] - 5, cell[1] - 5);
      }
    }
  }

  function say(canvas, words) {
    const place = pad(canvas)?.querySelector(".digit-pad-words");
    if (place) place.textContent = words;
  }

  function touch(canvas, event) { // the pixel under the pointer gets what the stroke began with
    const now = brush(canvas), box = canvas.getBoundingClientRect();
    const col = Math.floor((event.clientX - box.left) / box.width * SIDE);
    const row = Math.floor((event.clientY - box.top) / box.height * SIDE);
    if (row < 0 || col < 0 || row >= SIDE || col >= SIDE) return null;
    const k = row * SIDE + col;
    if (now.hide === null) now.hide = !now.mask[k];
    now.mask[k] = now.hide;
    return k;
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
    canvas.focus({ preventScroll: true });
    try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    Object.assign(brush(canvas), { mask: read(canvas), hide: null, mark: false });
    say(canvas, "");
    touch(canvas, event);
    paint(canvas);
    return true;
  });
  on("pointermove", (canvas, event) => {
    if (!brush(canvas).mask || !event.isPrimary) return false;
    for (const each of event.getCoalescedEvents?.() ?? []) touch(canvas, each);
    touch(canvas, event);
    paint(canvas);
    return true;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    on(end, (canvas, event) => {
      const now = brush(canvas);
      if (!now.mask || !event.isPrimary) return false;
      const mask = now.mask;
      now.mask = null;
      write(canvas, mask);
      return true;
    });
  }

  on("keydown", (canvas, event) => {
    const now = brush(canvas);
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return false;
    const mask = read(canvas);
    if (ARROWS[event.key]) {
      const [down, right] = ARROWS[event.key];
      now.row = Math.max(0, Math.min(SIDE - 1, now.row + down));
      now.col = Math.max(0, Math.min(SIDE - 1, now.col + right));
    } else if (event.key === " ") {
      const k = now.row * SIDE + now.col;
      mask[k] = !mask[k];
      write(canvas, mask);
    } else if (event.key === "Escape") {
      write(canvas, mask.fill(false));
    } else return false;
    now.mark = true;
    paint(canvas);
    say(canvas, `row ${now.row + 1}, column ${now.col + 1}: ${mask[now.row * SIDE + now.col] ? "hidden" : "shown"}`);
    return true;
  });

  window.addEventListener("focusout", event => {
    const canvas = canvasOf(event);
    if (!canvas) return;
    brush(canvas).mark = false;
    say(canvas, "");
    paint(canvas);
  }, true);

  window.addEventListener("load", event => { // the kernel's picture, with the new mask in it
    if (event.target?.matches?.(".digit-pad img")) {
      pad(event.target).querySelectorAll("canvas.digit-pad-canvas").forEach(paint);
    }
  }, true);
})();
