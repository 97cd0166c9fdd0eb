// Where a number lies in the document and how it is written. showing.py and writing.py do the same for the page as it
// arrives; a test compares the two. Nothing is computed here but digits and separators.
const numbers = JSON.parse(document.getElementById("numbers").textContent);
const [ESTIMATE, LOW, HIGH, ERRORS, TRIALS, SUBJECTS, WORDS, LOW_WORDS, HIGH_WORDS, FLAGS, EFFECTIVE] = Array(11).keys();
const NOTHING = "–";
const HEAT_FROM = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3];
const state = { stop: 0, size: 0, grouping: 0 };

const item = (rows, at) => (rows && at < rows.length ? rows[at] : null);

function root(name, grouping, at = state) {
  switch (name) {
    case "at": return item(numbers.groupings[grouping]?.at, at.stop);
    case "id": return item(numbers.groupings[grouping]?.identification, at.stop);
    case "search": return item(root("id", grouping, at)?.sizes, at.size);
    case "growing": return item(numbers.growth, at.stop);
    case "stop": return item(numbers.stops, at.stop);
    case "size": return item(numbers.gallery_sizes, at.size);
    default: return numbers[name] ?? null;
  }
}

function find(path, grouping = 0, at = state) {
  const [first, ...keys] = path.split(".");
  return keys.reduce((value, key) => value?.[key] ?? null, root(first, grouping, at));
}

const text = (position) => numbers.strings[position];
const superscript = (number) => [...String(number)].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");

// toExponential without digits keeps the exponent of the number itself, not of a rounded one; toFixed rounds exactly.
function plain(value, digits) {
  const exponent = Number(value.toExponential().split("e")[1]);
  return value.toFixed(Math.max(0, digits - 1 - exponent));
}

function share(value) {
  if (value === null || value === undefined) return NOTHING;
  if (value === 0) return "0";
  if (Math.abs(value) >= 1e-6) return plain(value, Math.abs(value) >= 0.1 ? 3 : 2);
  const [mantissa, exponent] = value.toExponential(1).split("e");
  return `${mantissa} × 10${superscript(Number(exponent))}`;
}

const separated = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");

function count(value) {
  if (Number.isInteger(value)) return separated(value);
  const [whole, part] = value.toFixed(1).split(".");
  return `${separated(whole)}.${part}`;
}

function ratio(value) {
  if (value === null || value === undefined) return NOTHING;
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? separated(value.toFixed(0)) : plain(value, 3);
}

const pValue = (value) => (value < 1e-4 ? "below 0.0001" : share(value));
const optional = (value, write) => (value === null || value === undefined ? NOTHING : write(value));
const unmeasured = (rate) => rate[LOW] === null || !rate[TRIALS];

function range(value) {
  const low = value.low ?? null, high = value.high ?? null;
  if (low === null && high === null) return NOTHING;
  return `${ratio(low)} to ${high === null ? "unbounded" : ratio(high)}`;
}

const MANNERS = {
  text: String,
  count,
  share,
  "share-or-rate": (value) => share(Array.isArray(value) ? value[ESTIMATE] : value),
  ratio,
  rate: (rate) => share(rate[ESTIMATE]),
  words: (rate) => text(rate[WORDS]),
  interval: (rate) => (unmeasured(rate) ? NOTHING : `${share(rate[LOW])} to ${share(rate[HIGH])}`),
  "interval-words": (rate) => (unmeasured(rate) ? NOTHING : `${text(rate[LOW_WORDS])} to ${text(rate[HIGH_WORDS])}`),
  counts: (rate) => (rate[TRIALS] === null ? NOTHING : `${count(rate[ERRORS])} of ${count(rate[TRIALS])}`),
  subjects: (rate) => optional(rate[SUBJECTS], count),
  flags: (rate) => text(rate[FLAGS]),
  effective: (rate) => optional(rate[EFFECTIVE], count),
  heat: (rate) => (rate[ESTIMATE] === null ? "heat-none" : `heat-${HEAT_FROM.filter((lower) => rate[ESTIMATE] >= lower).length}`),
  estimate: (value) => optional(value.estimate, ratio),
  measure: (value) => (value.estimate === null ? (value.flags?.[0] ?? NOTHING).split(":")[0] : ratio(value.estimate)),
  range,
  "share-range": (value) => optional(value.low, (low) => `${share(low)} to ${share(value.high)}`),
  p: (value) => optional(value.p_value, pValue),
  holm: (value) => optional(value.p_holm, pValue),
  null: (value) => optional(value.null_mean, (mean) => `${ratio(mean)}, 1 in 20 beyond ${ratio(value.null_upper)}`),
  "listed-flags": (value) => (value.flags ?? []).join("; "),
};

function written(path, manner, grouping = 0, at = state) {
  const value = find(path, grouping, at);
  return value === null ? NOTHING : MANNERS[manner](value);
}
