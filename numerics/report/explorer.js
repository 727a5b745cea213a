// What the explorer shows at given payoffs and λ. FORMULAS, FIELD and LABELS stand before this file, made from the
// code's own expressions. A number is [numerator, denominator]: BigInts in lowest terms, the denominator above 0.

function quotient(top, bottom) {
  if (bottom === 0n) return null;
  let [divisor, rest] = [top, bottom];
  while (rest) [divisor, rest] = [rest, divisor % rest];
  if (divisor < 0n !== bottom < 0n) divisor = -divisor;
  return [top / divisor, bottom / divisor];
}

const minus = ([a, b], [c, d]) => quotient(a * d - c * b, b * d);
const compare = (left, right) => {
  const [difference] = minus(left, right);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
};
const real = ([top, bottom]) => Number((top * 10n ** 15n) / bottom) / 1e15;

// Decimals as integers over one power of ten, [integers, unit]; or the index of the first that is none.
function readDecimals(texts) {
  const parts = texts.map((text) => /^([-+\u2212]?)(\d*)(?:\.(\d*))?$/.exec(text.trim()));
  const wrong = parts.findIndex((part) => part === null || !(part[2] || part[3]));
  if (wrong >= 0) return wrong;
  const places = Math.max(...parts.map((part) => (part[3] ?? "").length));
  const integers = parts.map(([, sign, whole, rest]) => {
    const size = BigInt(whole + (rest ?? "").padEnd(places, "0"));
    return sign === "-" || sign === "\u2212" ? -size : size;
  });
  return [integers, 10n ** BigInt(places)];
}

// Four decimals, halves away from zero.
function rounded([top, bottom]) {
  const size = top < 0n ? -top : top;
  const digits = String((size * 20000n + bottom) / (2n * bottom)).padStart(5, "0");
  return `${top < 0n ? "\u2212" : ""}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

// A fraction to read: 2/3 ≈ 0.6667, 7/8 = 0.8750, 3; only the decimals if the fraction is long.
function shown(number) {
  const [top, bottom] = number;
  if (bottom === 1n) return String(top).replace("-", "\u2212");
  const relation = 10000n % bottom === 0n ? "=" : "\u2248";
  const fraction = `${top}/${bottom}`.replace("-", "\u2212");
  return fraction.length > 15 ? `${relation} ${rounded(number)}` : `${fraction} ${relation} ${rounded(number)}`;
}

// Everything at R, S, T, P, λ given as texts. `says` is one sentence; `numbers` holds what is known at these values,
// by the names of FORMULAS; `inClass` and `inScope` say whether the boundary and the shares are; `applies` whether the
// certified box and ball hold at this λ.
function explore(texts) {
  const read = readDecimals(texts);
  if (typeof read === "number") {
    return { says: `${NAMES[read]} must be a decimal number such as 2.5.`, numbers: {} };
  }
  const [inputs, unit] = read;
  const size = inputs[inputs.length - 1];
  const value = (name, at = inputs) => quotient(...FORMULAS[name].map((part) => part(...at, unit)));
  const atZero = [...inputs.slice(0, -1), 0n];
  const floats = inputs.map((entry) => real(quotient(entry, unit)));
  if (size < 0n) return { says: "\u03bb must be at least 0.", numbers: {} };

  const numbers = { stag: value("stag"), hare: value("hare") };
  const found = { numbers, floats };
  const failed = ["stag", "hare"].find((name) => numbers[name][0] <= 0n);
  if (failed) {
    const player = failed === "stag" ? "(Stag, Stag)" : "(Hare, Hare)";
    found.says = `No Stag Hunt: ${LABELS[failed]} is ${shown(numbers[failed])}, so ${player} is no strict equilibrium.`;
    return found;
  }
  found.inClass = true;
  for (const name of ["mixed", "level", "aligned", "grows", "growth", "contraction", "boundary"]) {
    numbers[name] = value(name);
  }
  const share = (at) => value(compare(value("boundary", at), [1n, 1n]) <= 0 ? "shareLow" : "shareHigh", at);
  numbers.boundaryBefore = value("boundary", atZero);
  numbers.shareBefore = share(atZero);
  found.applies = size === 0n || numbers.aligned[0] >= 0n;

  const outside = "Outside the closed form, so no boundary and no share are given:";
  if (!(numbers.growth[0] > 0n && numbers.contraction[0] >= 0n)) {
    const both = `${shown(numbers.growth)} and ${shown(numbers.contraction)}`;
    found.says = `${outside} it needs growth > 0 and contraction \u2265 0, which are ${both}.`;
  } else if (compare(numbers.boundary, [0n, 1n]) < 0 || compare(numbers.boundary, [2n, 1n]) > 0) {
    found.says = `${outside} s* is ${shown(numbers.boundary)} and not between 0 and 2.`;
  } else {
    found.inScope = true;
    numbers.saddle = value("saddle");
    numbers.share = share(inputs);
    numbers.change = minus(numbers.share, numbers.shareBefore);
    const more = numbers.change[0] > 0n ? "more" : "less";
    const [top, bottom] = numbers.change;
    const change = [top < 0n ? -top : top, bottom];
    const against = top === 0n ? "as without the correction" : `${shown(change)} ${more} than without the correction`;
    found.says = `(Stag, Stag) attracts ${shown(numbers.share)} of all starts, ${against}.`;
  }
  return found;
}
