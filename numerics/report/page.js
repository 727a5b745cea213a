// The page's behaviour: filter and search of the ledger, and the explorer's picture. Without it the page is a list.

const by = (id) => document.getElementById(id);

// ---------------------------------------------------------------------------------------------------------- ledger

function filterLedger() {
  const boxes = [...document.querySelectorAll("#filter input[type=checkbox]")];
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const filtering = words.length > 0 || wanted.size < boxes.length;
  let count = 0;
  for (const group of document.querySelectorAll("details.group")) {
    let here = 0;
    for (const claim of group.querySelectorAll("article.claim")) {
      const above = claim.classList.contains("whole") ? group.querySelector("summary").textContent : "";
      const text = (above + claim.textContent).toLowerCase();
      const kept = wanted.has(claim.dataset.verdict) && words.every((word) => text.includes(word));
      claim.hidden = !kept;
      here += kept;
    }
    group.hidden = here === 0;
    group.open = filtering;
    count += here;
  }
  const total = document.querySelectorAll("article.claim").length;
  by("found").textContent = `${count} of ${total} entries shown`;
}

function setOpen(open) {
  for (const part of document.querySelectorAll("#ledger details")) part.open = open;
}

by("filter").hidden = false;
by("filter").addEventListener("input", filterLedger);
by("filter").addEventListener("submit", (event) => event.preventDefault());
by("filter").addEventListener("reset", () => setTimeout(filterLedger));
by("open-all").addEventListener("click", () => setOpen(true));
by("close-all").addEventListener("click", () => setOpen(false));
// On paper everything is open, afterwards as it was.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("#ledger details:not([open])")];
  setOpen(true);
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
});

// A link to an entry opens what it lies in, also where the browser does not do so by itself.
function openTarget() {
  const target = by(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
if (location.hash) openTarget();

// -------------------------------------------------------------------------------------------------------- explorer

const SIDE = Number(document.querySelector("#explorer-square rect").getAttribute("width"));
const ARROWS = 10; // on each side of the square
const sliders = [...document.querySelectorAll("#explorer-inputs input[type=range]")];
const fields = [...document.querySelectorAll("#explorer-inputs input[type=number]")];

function place(id, attributes) {
  const mark = by(id);
  mark.classList.toggle("absent", attributes === null);
  const entry = document.querySelector(`[data-mark="${id}"]`);
  if (entry) entry.hidden = attributes === null;
  for (const [name, value] of Object.entries(attributes ?? {})) mark.setAttribute(name, value);
}

// The line p + q = s in the square, from its upper left to its lower right end.
function ends(s) {
  const high = Math.min(s, 1);
  return [[s - high, high], [high, s - high]];
}

const points = (corners) => corners.map(([p, q]) => `${SIDE * p},${SIDE * (1 - q)}`).join(" ");
const dot = (number) => ({ cx: SIDE * real(number), cy: SIDE * (1 - real(number)) });

function line(s) {
  const [[x1, y1], [x2, y2]] = ends(s);
  return { x1: SIDE * x1, y1: SIDE * (1 - y1), x2: SIDE * x2, y2: SIDE * (1 - y2) };
}

function arrows(values) {
  const parts = [];
  for (let i = 0; i < ARROWS * ARROWS; i++) {
    const p = ((i % ARROWS) + 0.5) / ARROWS;
    const q = (Math.floor(i / ARROWS) + 0.5) / ARROWS;
    const [dp, dq] = FIELD.map((entry) => entry(p, q, ...values));
    const length = Math.hypot(dp, dq);
    if (!(length > 1e-9)) continue;
    const [a, b] = [(10 * dp) / length, (10 * dq) / length]; // half of the arrow
    const [x, y] = [SIDE * p + a, SIDE * (1 - q) - b];
    const head = (turn) => `L${(x - 0.5 * a + turn * 0.35 * b).toFixed(1)} ${(y + 0.5 * b + turn * 0.35 * a).toFixed(1)}`;
    const tip = `${x.toFixed(1)} ${y.toFixed(1)}`;
    parts.push(`M${(x - 2 * a).toFixed(1)} ${(y + 2 * b).toFixed(1)}L${tip}${head(1)}M${tip}${head(-1)}`);
  }
  return { d: parts.join("") };
}

function draw({ numbers, floats, inClass, inScope, applies }) {
  place("arrows", floats ? arrows(floats) : null);
  const certified = inClass && applies;
  const corner = certified ? SIDE * real(numbers.mixed) : 0;
  place("box", certified ? { x: corner, width: SIDE - corner, height: SIDE - corner } : null);
  place("ball", certified ? { r: SIDE * Math.sqrt(real(numbers.level)) } : null);
  place("mixed", inClass ? dot(numbers.mixed) : null);
  place("boundary-before", inClass ? line(real(numbers.boundaryBefore)) : null);
  place("saddle", inScope ? dot(numbers.saddle) : null);
  place("boundary", inScope ? line(real(numbers.boundary)) : null);
  const s = inScope ? real(numbers.boundary) : 0;
  const low = s <= 1 ? [[0, 0]] : [[0, 1], [0, 0], [1, 0]];
  const high = s <= 1 ? [[1, 0], [1, 1], [0, 1]] : [[1, 1]];
  const [upper, lower] = ends(s);
  place("basin-hare", inScope ? { points: points([upper, ...low, lower]) } : null);
  place("basin-stag", inScope ? { points: points([upper, lower, ...high]) } : null);
}

function write(id, number, words) {
  const place = by(`shows-${id}`);
  place.value = number ? number.join("/") : "";
  place.textContent = number ? words : "\u2014";
}

function tell({ numbers, inClass, inScope, applies }) {
  for (const name of ["mixed", "boundaryBefore", "shareBefore"]) {
    write(name, numbers[name], numbers[name] && shown(numbers[name]));
  }
  for (const name of ["boundary", "share"]) {
    write(name, inScope && numbers[name], inScope && shown(numbers[name]));
  }
  const sign = inScope && numbers.change[0] > 0n ? "+" : "";
  write("change", inScope && numbers.change, inScope && `${sign}${shown(numbers.change)}`);
  const where = applies ? "" : ", at \u03bb = 0 only";
  write("box", inClass && numbers.mixed, inClass && `${shown(numbers.mixed)}${where}`);
  write("ball", inClass && numbers.level, inClass && `${shown(numbers.level)}${where}`);
  const holds = {
    stag: (n) => n > 0, hare: (n) => n > 0, growth: (n) => n > 0, contraction: (n) => n >= 0,
    boundary: (n, number) => n >= 0 && compare(number, [2n, 1n]) <= 0, aligned: (n) => n >= 0, grows: (n) => n > 0,
  };
  for (const [name, test] of Object.entries(holds)) {
    const number = numbers[name];
    by(`value-${name}`).textContent = number ? shown(number) : "\u2014";
    by(`holds-${name}`).textContent = number ? (test(number[0], number) ? "yes" : "no") : "\u2014";
  }
}

// The last step of λ's slider up to which the closed form holds at these payoffs; null where it holds for none.
function reach(payoffs) {
  const slider = sliders[payoffs.length];
  const steps = Math.round((slider.max - slider.min) / slider.step);
  let last = null;
  for (let k = 0; k <= steps; k++) {
    const size = String(Number((Number(slider.min) + k * slider.step).toFixed(9)));
    if (!explore([...payoffs, size]).inScope) break;
    last = size;
  }
  return last;
}

function tellReach(last) {
  const slider = sliders[sliders.length - 1];
  by("reach-tick").value = last ?? "";
  let words = "";
  if (last === slider.max) words = "At these payoffs the closed form holds for every \u03bb of the slider.";
  else if (last !== null) words = `At these payoffs the slider leaves the closed form after \u03bb = ${last}, where it is marked.`;
  by("explorer-reach").textContent = words;
}

function refresh() {
  const texts = fields.map((field) => field.value);
  const found = explore(texts);
  tellReach(reach(texts.slice(0, -1)));
  const says = by("explorer-says");
  says.textContent = found.says;
  says.classList.toggle("outside", !found.inScope);
  draw(found);
  tell(found);
}

for (const [index, slider] of sliders.entries()) {
  slider.addEventListener("input", () => {
    fields[index].value = slider.value;
    refresh();
  });
  fields[index].addEventListener("input", () => {
    if (fields[index].value) slider.value = fields[index].value;
    refresh();
  });
}
by("explorer-inputs").addEventListener("submit", (event) => event.preventDefault());
by("explorer-inputs").addEventListener("reset", () => setTimeout(refresh));
for (const note of document.querySelectorAll(".unscripted")) note.hidden = true;
by("explorer-live").hidden = false;
refresh();
