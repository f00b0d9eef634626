// A lattice of spins that lives in the page: Ising, Potts and XY, nearest neighbours, periodic, J = 1, no field.
// Every update is a heat bath: a spin is drawn anew from its exact distribution given its four neighbours. One sweep
// updates the black squares of a checkerboard, then the white ones; spins of one colour are no neighbours of each other.
// First the physics, which needs no page; `CourseLattice.Lattice` can be run by itself. Then the page.
"use strict";

(() => {
  // Doty-Humphrey's sfc32, 128 bits of state: fast, seedable, and passes PractRand. A number is a whole one below 2^32.
  function sfc32(seed) {
    const state = Int32Array.of(0x9e3779b9, 0x243f6a88, seed, 1); // in plain variables, each would be a number on the heap
    const next = () => {
      const b = state[1], c = state[2], out = (state[0] + b + state[3]) | 0;
      state[3]++;
      state[0] = b ^ (b >>> 9);
      state[1] = c + (c << 3);
      state[2] = ((c << 21) | (c >>> 11)) + out;
      return out >>> 0;
    };
    for (let i = 0; i < 20; i++) next(); // until the seed has reached all of the state
    return next;
  }

  const WORD = 2 ** 32;
  const KINDS = ["ising", "potts", "xy"];

  function transition(kind, q) {
    if (kind === "ising") return 2 / Math.log(1 + Math.SQRT2);
    return kind === "potts" ? 1 / Math.log(1 + Math.sqrt(q)) : 0.8929; // the last is measured, not exact
  }

  // Onsager's energy per spin of the infinite Ising lattice. With k' = 2 tanh²(2 beta) - 1, his elliptic integral is
  // pi / (2 AGM(1, |k'|)), so that it is a handful of arithmetic and geometric means.
  function onsager(temperature) {
    const k = 2 * Math.tanh(2 / temperature) ** 2 - 1;
    let a = 1, g = Math.abs(k);
    if (g > 0) while (Math.abs(a - g) > 1e-15 * a) [a, g] = [(a + g) / 2, Math.sqrt(a * g)];
    return -(1 + (g > 0 ? k / a : 0)) / Math.tanh(2 / temperature);
  }

  // Yang's magnetisation per spin of the infinite Ising lattice.
  function yang(temperature) {
    return temperature < transition("ising") ? (1 - Math.sinh(2 / temperature) ** -4) ** 0.125 : 0;
  }

  class Lattice {
    // kind: "ising", "potts" or "xy"; size: even, at least 4; q: colours of Potts, 2 to 16; seed: a whole number.
    constructor(kind, size, temperature, { q = 3, seed = 1, start = "random" } = {}) {
      if (!KINDS.includes(kind)) throw new RangeError(`kind = ${kind}: expected one of ${KINDS.join(", ")}`);
      if (!Number.isInteger(size) || size < 4 || size % 2) throw new RangeError(`size = ${size}: expected an even number, at least 4`);
      if (kind === "potts" && !(Number.isInteger(q) && q >= 2 && q <= 16)) throw new RangeError(`q = ${q}: expected 2 to 16`);
      this.kind = kind;
      this.size = size;
      this.q = q;
      this.word = sfc32(seed);
      if (kind === "xy") {
        this.x = new Float32Array(size * size);
        this.y = new Float32Array(size * size);
        this.turns = new Uint16Array(size * size); // angles in 65536ths of a turn, see `measureAngles`
      } else this.spins = new Int8Array(size * size);
      this.setTemperature(temperature);
      this.restart(start);
    }

    setTemperature(temperature) {
      if (!(temperature > 0)) throw new RangeError(`temperature = ${temperature}: expected a number > 0`);
      this.temperature = temperature;
      const beta = 1 / temperature;
      // Ising: P(up) for a sum of neighbours of -4, -2, ... 4, as a whole number of 2^32. Potts: the weight of a colour
      // that 0 ... 4 neighbours have; the largest is 1, so that nothing overflows in the cold.
      this.up = Float64Array.from([-4, -2, 0, 2, 4], sum => WORD / (1 + Math.exp(-2 * beta * sum)));
      this.weight = Float64Array.from([0, 1, 2, 3, 4], count => Math.exp(beta * (count - 4)));
    }

    restart(start) {
      const random = start === "random";
      if (!random && start !== "aligned") throw new RangeError(`start = ${start}: expected random or aligned`);
      if (this.kind === "xy") {
        for (let i = 0; i < this.x.length; i++) {
          const angle = random ? (2 * Math.PI * this.word()) / WORD : 0;
          this.x[i] = Math.cos(angle);
          this.y[i] = Math.sin(angle);
        }
      } else {
        const ising = this.kind === "ising", n = ising ? 2 : this.q;
        for (let i = 0; i < this.spins.length; i++) {
          const state = random ? Math.floor((n * this.word()) / WORD) : n - 1;
          this.spins[i] = ising ? 2 * state - 1 : state;
        }
      }
      this.sweeps = 0;
    }

    sweep() {
      for (const colour of [0, 1]) {
        if (this.kind === "ising") this.halfIsing(colour);
        else if (this.kind === "potts") this.halfPotts(colour);
        else this.halfXY(colour);
      }
      this.sweeps++;
    }

    halfIsing(colour) {
      const { size, spins, up, word } = this;
      for (let row = 0; row < size; row++) {
        const here = row * size, above = ((row + size - 1) % size) * size, below = ((row + 1) % size) * size;
        for (let col = (row + colour) & 1; col < size; col += 2) {
          const left = col ? col - 1 : size - 1, right = col + 1 < size ? col + 1 : 0;
          const sum = spins[above + col] + spins[below + col] + spins[here + left] + spins[here + right];
          spins[here + col] = word() < up[(sum + 4) >> 1] ? 1 : -1;
        }
      }
    }

    halfPotts(colour) {
      const { size, spins, weight, word, q } = this, count = new Uint8Array(q);
      for (let row = 0; row < size; row++) {
        const here = row * size, above = ((row + size - 1) % size) * size, below = ((row + 1) % size) * size;
        for (let col = (row + colour) & 1; col < size; col += 2) {
          const left = col ? col - 1 : size - 1, right = col + 1 < size ? col + 1 : 0;
          const a = spins[above + col], b = spins[below + col], c = spins[here + left], d = spins[here + right];
          count[a]++, count[b]++, count[c]++, count[d]++;
          let total = 0;
          for (let k = 0; k < q; k++) total += weight[count[k]];
          let rest = ((word() + 0.5) / WORD) * total, k = 0;
          while ((rest -= weight[count[k]]) >= 0 && k < q - 1) k++;
          count[a] = count[b] = count[c] = count[d] = 0;
          spins[here + col] = k;
        }
      }
    }

    // Given its neighbours, a spin's angle to their sum h has density exp(kappa cos angle), kappa = beta |h|: von Mises.
    // Best and Fisher (1979) draw it exactly: proposals from a wrapped Cauchy distribution, and rejection until one is
    // accepted, which takes 1.5 of them at most on average.
    halfXY(colour) {
      const { size, x, y, word } = this, beta = 1 / this.temperature;
      for (let row = 0; row < size; row++) {
        const here = row * size, above = ((row + size - 1) % size) * size, below = ((row + 1) % size) * size;
        for (let col = (row + colour) & 1; col < size; col += 2) {
          const left = col ? col - 1 : size - 1, right = col + 1 < size ? col + 1 : 0;
          const hx = x[above + col] + x[below + col] + x[here + left] + x[here + right];
          const hy = y[above + col] + y[below + col] + y[here + left] + y[here + right];
          const length = Math.sqrt(hx * hx + hy * hy), kappa = beta * length;
          let cos, ex, ey;
          if (kappa < 1e-6) { // no direction is preferred by more than one part in a million
            cos = Math.cos((Math.PI * (word() + 0.5)) / WORD);
            ex = 1, ey = 0;
          } else {
            const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa), rho = (2 * kappa) / (tau + Math.sqrt(2 * tau));
            const r = (1 + rho * rho) / (2 * rho);
            for (;;) {
              let a, b, s; // a point in the unit disc: twice its direction is uniform too, and z the cosine of that
              do {
                a = 2 * word() / WORD - 1, b = 2 * word() / WORD - 1;
                s = a * a + b * b;
              } while (s >= 1 || s === 0);
              const z = (a * a - b * b) / s, u = (word() + 0.5) / WORD;
              cos = (1 + r * z) / (r + z);
              const c = kappa * (r - cos);
              if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) break;
            }
            ex = hx / length, ey = hy / length;
          }
          let sin = Math.sqrt(Math.max(0, 1 - cos * cos));
          if (word() & 1) sin = -sin;
          x[here + col] = cos * ex - sin * ey;
          y[here + col] = sin * ex + cos * ey;
        }
      }
    }

    // Energy per spin: each spin has one bond to the right and one down.
    energy() {
      const { size, kind, spins, x, y } = this;
      let sum = 0;
      for (let row = 0; row < size; row++) {
        const here = row * size, below = ((row + 1) % size) * size;
        for (let col = 0; col < size; col++) {
          const i = here + col, right = here + (col + 1 < size ? col + 1 : 0), down = below + col;
          if (kind === "ising") sum += spins[i] * (spins[right] + spins[down]);
          else if (kind === "potts") sum += (spins[i] === spins[right]) + (spins[i] === spins[down]);
          else sum += x[i] * (x[right] + x[down]) + y[i] * (y[right] + y[down]);
        }
      }
      return -sum / (size * size);
    }

    // From 0 in disorder to 1 with all spins equal: Ising |m|; Potts (q rho - 1) / (q - 1), rho the share of the most
    // frequent colour; XY the length of the mean spin.
    order() {
      const n = this.size ** 2;
      if (this.kind === "xy") return Math.hypot(total(this.x), total(this.y)) / n;
      if (this.kind === "ising") return Math.abs(total(this.spins)) / n;
      const count = new Uint32Array(this.q);
      for (const spin of this.spins) count[spin]++;
      return ((this.q * Math.max(...count)) / n - 1) / (this.q - 1);
    }

    measureAngles() {
      const { x, y, turns } = this, scale = 65536 / (2 * Math.PI);
      for (let i = 0; i < x.length; i++) turns[i] = Math.round(Math.atan2(y[i], x[i]) * scale);
      return turns;
    }

    // Winding of each plaquette, +1 or -1 at a vortex; plaquette i has spin i in its upper left corner. Differences of
    // 65536ths of a turn wrap around by themselves in 16 bits.
    vortices() {
      const { size } = this, turns = this.measureAngles(), winding = new Int8Array(size * size);
      const step = (from, to) => ((to - from) << 16) >> 16;
      for (let row = 0; row < size; row++) {
        const here = row * size, below = ((row + 1) % size) * size;
        for (let col = 0; col < size; col++) {
          const next = col + 1 < size ? col + 1 : 0;
          const a = turns[here + col], b = turns[here + next], c = turns[below + next], d = turns[below + col];
          // Rows are counted downwards: counterclockwise is down, right, up, left.
          winding[here + col] = (step(a, d) + step(d, c) + step(c, b) + step(b, a)) / 65536;
        }
      }
      return winding;
    }
  }

  function total(values) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i];
    return sum;
  }

  // A series of measurements. Its first half is thrown away, as the way from the start; of the second half come mean
  // and standard error, by blocking (Flyvbjerg and Petersen 1989): means of ever longer blocks, until 16 are left, and
  // the largest error of them all. It is too small where the memory of the lattice is longer than such a block.
  class Series {
    constructor() {
      this.values = [];
      this.bin = 1; // measurements in a value; doubled when there are many, so that an hour needs no more room
      this.sum = this.pending = 0;
    }

    push(value) {
      this.sum += value;
      if (++this.pending < this.bin) return;
      this.values.push(this.sum / this.bin);
      this.sum = this.pending = 0;
      if (this.values.length === 8192) {
        this.values = halved(this.values);
        this.bin *= 2;
      }
    }

    summary() {
      let blocks = this.values.slice(this.values.length >> 1);
      if (blocks.length < 32) return null;
      const mean = total(blocks) / blocks.length;
      let error = 0;
      for (; blocks.length >= 16; blocks = halved(blocks)) {
        const centre = total(blocks) / blocks.length;
        const spread = blocks.reduce((sum, b) => sum + (b - centre) ** 2, 0);
        error = Math.max(error, Math.sqrt(spread / (blocks.length * (blocks.length - 1))));
      }
      return { mean, error };
    }
  }

  function halved(values) {
    const half = [];
    for (let i = values.length & 1; i < values.length; i += 2) half.push((values[i] + values[i + 1]) / 2);
    return half;
  }

  // ------------------------------------------------------------------------------------------------------- colours
  // Those of the notebooks, `course_utils/lattice/colours.py`: two tones for Ising, Okabe and Ito's for up to seven
  // Potts colours and ten of staggered lightness beyond, a ring in Oklab for angles.

  const HUES = 254;
  const hex = text => text.split(" ").map(c => [0, 2, 4].map(i => parseInt(c.slice(i, i + 2), 16)));
  const SEVEN = hex("0072B2 E69F00 009E73 CC79A7 56B4E9 D55E00 F0E442");
  const TEN = hex("3B6BD5 FCD21B 02A3A3 BF4D72 DABAFF A51C00 9CFCD0 231689 D38D67 59162E");

  function oklch(lightness, chroma, hue) {
    const a = chroma * Math.cos(hue), b = chroma * Math.sin(hue);
    const [l, m, s] = [
      lightness + 0.3963377774 * a + 0.2158037573 * b,
      lightness - 0.1055613458 * a - 0.0638541728 * b,
      lightness - 0.0894841775 * a - 1.291485548 * b,
    ].map(v => v ** 3);
    return [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map(v => Math.min(1, Math.max(0, v))).map(v => Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)));
  }

  function angles() {
    const steps = 3600, degree = Math.PI / 180, hueOf = i => 20 * degree + (2 * Math.PI * i) / steps;
    const ring = hue => [
      0.7 + 0.16 * Math.cos(hue - 155 * degree),
      0.163 + 0.032 * Math.cos(hue + 32 * degree) + 0.03 * Math.cos(2 * hue + 85 * degree),
      hue,
    ];
    const point = i => { const [l, c, h] = ring(hueOf(i)); return [l, c * Math.cos(h), c * Math.sin(h)]; };
    const walked = [0];
    for (let i = 1, last = point(0); i <= steps; i++) {
      const now = point(i);
      walked.push(walked[i - 1] + Math.hypot(...now.map((v, j) => v - last[j])));
      last = now;
    }
    let i = 0;
    return Array.from({ length: HUES }, (_, k) => { // in steps of equal length
      const goal = (walked[steps] * k) / HUES;
      while (walked[i + 1] < goal) i++;
      return oklch(...ring(hueOf(i + (goal - walked[i]) / (walked[i + 1] - walked[i]))));
    });
  }

  function palette(kind, q) {
    if (kind === "ising") return hex("F4ECDC 1B3A57");
    return kind === "xy" ? angles() : q <= 7 ? SEVEN.slice(0, q) : TEN.slice(0, q);
  }

  // ---------------------------------------------------------------------------------------------------------- page

  const SIZE = 256;
  const RANGES = { ising: [0.5, 4], potts: [0.3, 1.6], xy: [0.1, 2] };
  const BUDGET_MS = 24; // for sweeps in a frame: on a slow machine fewer sweeps, not fewer frames
  const READ_OUT_MS = 250;
  const NAMES = { ising: "Ising", potts: "Potts", xy: "XY" };

  class Live {
    constructor(box) {
      this.box = box;
      this.find = name => box.querySelector(`[data-live="${name}"]`);
      this.canvas = box.querySelector("canvas");
      this.context = this.canvas.getContext("2d", { alpha: false });
      this.image = this.context.createImageData(SIZE, SIZE);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.running = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.inView = true;
      this.frames = 0; // drawn so far
      this.listen();
      this.choose();
      clearTimeout(this.saying); // nobody asked yet
      this.tick = this.tick.bind(this);
      this.schedule();
    }

    listen() {
      const on = (name, event, act) => this.find(name).addEventListener(event, act);
      for (const radio of this.box.querySelectorAll("input[name=live-model]")) radio.addEventListener("change", () => this.choose());
      on("q", "change", () => this.choose());
      on("temperature", "input", () => this.heat());
      on("critical", "click", () => this.heat(transition(this.kind, this.q)));
      on("run", "click", () => this.run(!this.running));
      on("step", "click", () => { this.run(false); this.advance(1); this.readOut(); });
      on("random", "click", () => this.restart("random"));
      on("aligned", "click", () => this.restart("aligned"));
      on("vortices", "change", () => this.draw());
      document.addEventListener("visibilitychange", () => this.schedule());
      new IntersectionObserver(entries => {
        this.inView = entries[entries.length - 1].isIntersecting;
        this.schedule();
      }).observe(this.canvas);
    }

    // A model was chosen: a new lattice, a little above its transition, from random spins.
    choose() {
      this.kind = this.box.querySelector("input[name=live-model]:checked").value;
      this.q = this.kind === "potts" ? Number(this.find("q").value) : 3;
      const critical = transition(this.kind, this.q), [low, high] = RANGES[this.kind], slider = this.find("temperature");
      slider.min = low;
      slider.max = high;
      const mark = this.find("mark");
      mark.style.left = `${(100 * (critical - low)) / (high - low)}%`;
      mark.innerHTML = `T<sub>${this.kind === "xy" ? "KT</sub> ≈" : "c</sub> ="} ${critical.toFixed(3)}`;
      this.lattice = new Lattice(this.kind, SIZE, critical, { q: this.q, seed: (Math.random() * WORD) >>> 0 });
      this.colours = palette(this.kind, this.q).map(packed);
      this.find("potts-only").hidden = this.kind !== "potts";
      this.find("xy-only").hidden = this.find("vortex-row").hidden = this.kind !== "xy";
      this.legend();
      slider.value = this.kind === "xy" ? 0.7 : 1.05 * critical; // where equilibrium is seconds away
      this.heat();
    }

    // `temperature` is given by a button, and else read from the slider.
    heat(temperature) {
      const slider = this.find("temperature");
      if (temperature === undefined) temperature = Number(slider.value);
      else slider.value = temperature; // rounded to the slider's steps, which the lattice is not
      this.lattice.setTemperature(temperature);
      slider.setAttribute("aria-valuetext", `T = ${temperature.toFixed(3)}`);
      this.find("shown-temperature").textContent = temperature.toFixed(3);
      this.begin();
    }

    restart(start) {
      this.lattice.restart(start);
      this.begin();
    }

    // Averages belong to one temperature and one start.
    begin() {
      this.energies = new Series();
      this.orders = new Series();
      this.swept = 0;
      this.draw();
      this.readOut();
      clearTimeout(this.saying); // a slider that is still moving is not talked about
      this.saying = setTimeout(() => this.say(), 1000);
    }

    run(running) {
      this.running = running;
      this.find("run").textContent = running ? "Pause" : "Run";
      this.say();
      this.schedule();
    }

    schedule() {
      this.find("run").textContent = this.running ? "Pause" : "Run";
      const wanted = this.running && this.inView && !document.hidden;
      if (wanted && !this.waiting) this.waiting = requestAnimationFrame(this.tick);
      if (!wanted && this.waiting) this.waiting = void cancelAnimationFrame(this.waiting);
    }

    tick(now) {
      this.waiting = undefined;
      this.advance(Number(this.find("speed").value));
      if (!(now - this.lastReadOut < READ_OUT_MS)) {
        this.lastReadOut = now;
        this.readOut();
      }
      this.schedule();
    }

    advance(sweeps) {
      const end = performance.now() + BUDGET_MS;
      do {
        this.lattice.sweep();
        this.swept++;
      } while (--sweeps > 0 && performance.now() < end);
      this.energies.push(this.lattice.energy());
      this.orders.push(this.lattice.order());
      this.draw();
    }

    draw() {
      const { lattice, pixels, colours, kind } = this;
      if (kind === "xy") {
        const winding = lattice.vortices(), { turns } = lattice;
        for (let i = 0; i < pixels.length; i++) pixels[i] = colours[Math.round((turns[i] * HUES) / 65536) % HUES];
        this.count = 0;
        const marked = this.find("vortices").checked;
        for (let i = 0; i < winding.length; i++) {
          if (!winding[i]) continue;
          this.count++;
          if (marked) this.square(i, winding[i] > 0 ? packed([255, 255, 255]) : packed([0, 0, 0]));
        }
      } else {
        const { spins } = lattice, shift = kind === "ising" ? 1 : 0;
        for (let i = 0; i < pixels.length; i++) pixels[i] = colours[(spins[i] + shift) >> shift];
      }
      this.context.putImageData(this.image, 0, 0);
      this.frames++;
    }

    // The four corners of a plaquette.
    square(i, colour) {
      const col = i % SIZE, here = i - col, below = (here + SIZE) % SIZE ** 2, next = (col + 1) % SIZE;
      for (const j of [here + col, here + next, below + col, below + next]) this.pixels[j] = colour;
    }

    readOut() {
      const { kind, q, lattice } = this, { temperature } = lattice;
      const critical = Math.abs(temperature - transition(kind, q)) < 1e-9;
      let energy = null, order = null; // exact ones
      if (kind === "ising") [energy, order] = [onsager(temperature), yang(temperature)];
      else if (kind === "potts" && critical && q <= 4) [energy, order] = [-1 - 1 / Math.sqrt(q), 0];
      this.row("energy", lattice.energy(), this.energies.summary(), energy);
      this.row("order", lattice.order(), this.orders.summary(), order);
      const pairs = kind === "xy" ? ` ${this.count / 2} vortex pairs.` : "";
      this.find("time").textContent = `${this.swept} sweeps since the last change.${pairs}`;
      this.canvas.setAttribute("aria-label", this.described());
    }

    row(name, now, averaged, exact) {
      this.find(`${name}-now`).textContent = now.toFixed(3);
      this.find(`${name}-mean`).textContent = averaged ? `${averaged.mean.toFixed(4)} ± ${averaged.error.toFixed(4)}` : "…";
      this.find(`${name}-exact`).textContent = exact === null ? "not known" : exact.toFixed(4);
    }

    described() {
      const { kind, q, lattice } = this, name = kind === "potts" ? `Potts, ${q} colours` : NAMES[kind];
      const pairs = kind === "xy" ? `, ${this.count / 2} vortex pairs` : "";
      return `${name}, ${SIZE} by ${SIZE} spins at T = ${lattice.temperature.toFixed(3)}: energy per spin ` +
        `${lattice.energy().toFixed(2)}, order ${lattice.order().toFixed(2)}${pairs}`;
    }

    // For those who listen: after a change and at a pause, not at every frame.
    say() {
      this.find("status").textContent = `${this.running ? "Running" : "Paused"}. ${this.described()}.`;
    }

    legend() {
      const legend = this.find("legend"), table = palette(this.kind, this.q).map(c => `rgb(${c.join(" ")})`);
      const swatch = colour => Object.assign(document.createElement("span"), { className: "swatch", style: `background:${colour}` });
      if (this.kind === "xy") {
        const wheel = swatch(`conic-gradient(from 90deg, ${table.map((_, k) => table[(HUES - k) % HUES]).join(",")})`);
        wheel.classList.add("wheel"); // angles grow counterclockwise, a conic gradient clockwise
        legend.replaceChildren(wheel, " A colour for each direction, as on this wheel.");
      } else if (this.kind === "ising") legend.replaceChildren(swatch(table[1]), " up ", swatch(table[0]), " down");
      else legend.replaceChildren(...table.flatMap(colour => [swatch(colour), " "]), "all colours alike");
    }
  }

  function packed([red, green, blue]) {
    return new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0]; // in this machine's order of bytes
  }

  const api = { Lattice, Series, transition, onsager, yang, palette, sfc32 };
  if (typeof window !== "undefined") window.CourseLattice = api;
  const box = typeof document !== "undefined" && document.getElementById("live-lattice");
  if (box) api.live = new Live(box);
})();
