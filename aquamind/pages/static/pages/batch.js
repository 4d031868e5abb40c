// The charts of a batch, of all its containers or of one.
"use strict";

const ANCHORS = {
  growth_sample: ["weighed: sample", "circle"], transfer: ["weighed: transfer", "diamond"],
  vaccination: ["weighed: vaccination", "square"], manual: ["set by hand", "x"],
};
const CAUSE_COLOURS = {
  DISEASE: "#b3564b", HANDLING: "#d19a4a", PREDATION: "#7d6aa8", ENVIRONMENTAL: "#4f94a8", UNKNOWN: "#9aa7ae", OTHER: "#c7cfd4",
};
const chooser = document.getElementById("stay");
const logarithmic = document.getElementById("logarithmic");
let series;

function confidenceText(states) {
  return states.date.map((_, i) => {
    const measured = states.anchors[i] ? `weighed in ${states.anchored[i]} of ${states.containers[i]}` : "by the growth model";
    const water = states.temp_c[i] === null ? "no temperature" : `${states.temp_c[i].toFixed(1)} °C`;
    return `${measured}, ${water}<br>confidence: weight ${states.weight_confidence[i]}, temperature ${states.temp_confidence[i]}, `
      + `deaths ${states.mortality_confidence[i]}, feed ${states.feed_confidence[i]}`;
  });
}

// When each stage begins, as a line with its name; the days of moving overlap, so stages are not bands.
function stageMarks(stays) {
  const first = new Map();
  for (const stay of rowsOf(stays)) {
    if (!first.has(stay.stage) || stay.first < first.get(stay.stage)) first.set(stay.stage, stay.first);
  }
  const marks = [...first];
  return {
    shapes: marks.map(([stage, day]) => ({
      type: "line", x0: day, x1: day, yref: "paper", y0: 0, y1: 1, layer: "below", line: { color: stageColour(stage), width: 1, dash: "dot" },
    })),
    annotations: marks.map(([stage, day]) => ({
      x: day, yref: "paper", y: 1, text: stage, showarrow: false, xanchor: "left", yanchor: "top", xshift: 3, font: { size: 11, color: stageColour(stage) },
    })),
  };
}

function drawGrowth(range) {
  const { samples, states } = series;
  // What is projected for later would only press the rest to the ground.
  const projection = rowsOf(series.projection).filter(({ date }) => !range || (date >= range[0] && date <= range[1]));
  const traces = [
    { name: "Samples", type: "scatter", mode: "markers", x: samples.date, y: samples.weight_g, marker: { size: chooser.value ? 9 : 4, color: "#d08b2e", opacity: 0.55 },
      customdata: samples.container.map((container, i) => [container, samples.fish[i]]),
      hovertemplate: "%{y:,.2f} g in %{customdata[0]}, %{customdata[1]} fish<extra>Sample</extra>" },
    { name: "Actual daily state", type: "scatter", mode: "lines", x: states.date, y: states.weight_g, line: { color: "#0b6e8a", width: 2.5 },
      text: confidenceText(states), hovertemplate: "%{y:,.2f} g<br>%{text}<extra>Actual</extra>" },
    { name: "Projection", type: "scatter", mode: "lines", x: projection.map(({ date }) => date), y: projection.map(({ weight_g }) => weight_g),
      line: { color: "#b03a48", width: 1.5, dash: "dash" }, hovertemplate: "%{y:,.2f} g<extra>Projection</extra>" },
  ];
  for (const [kind, [name, symbol]] of Object.entries(ANCHORS)) {
    const days = states.date.map((_, i) => i).filter((i) => (states.anchors[i] || "").split(",").includes(kind));
    if (!days.length) continue;
    traces.push({ name, type: "scatter", mode: "markers", x: days.map((i) => states.date[i]), y: days.map((i) => states.weight_g[i]), hoverinfo: "skip",
      marker: { size: kind === "growth_sample" ? 4 : 9, symbol, color: "#fff", line: { color: "#0b6e8a", width: 1.5 } } });
  }
  // Thirty samples a day would fill the hover box of a whole batch.
  if (!chooser.value) Object.assign(traces[0], { hovertemplate: undefined, hoverinfo: "skip" });
  const note = states.date.length ? "" : "No daily states yet: work them out with aquamind analyse.";
  document.getElementById("growth-note").textContent = note;
  return draw("growth", traces, {
    ...stageMarks(series.stays), height: 460, xaxis: { range },
    yaxis: { title: { text: "mean weight, g" }, type: logarithmic.checked ? "log" : "linear" },
  });
}

function drawPopulation(range) {
  const { states, deaths } = series;
  const causes = [...new Set(deaths.cause)].sort();
  const traces = causes.map((cause) => {
    const at = deaths.cause.map((_, i) => i).filter((i) => deaths.cause[i] === cause);
    return { name: cause.toLowerCase(), type: "bar", yaxis: "y2", x: at.map((i) => deaths.week[i]), y: at.map((i) => deaths.fish[i]), xperiod: 7 * DAY_MS,
      xperiod0: "2018-01-01", xperiodalignment: "middle", marker: { color: CAUSE_COLOURS[cause] }, hovertemplate: "%{y:,} dead in the week" };
  });
  if (states.date.length) traces.push({ name: "population", type: "scatter", mode: "lines", x: states.date, y: states.fish, line: { color: "#0b6e8a", width: 2.5 }, hovertemplate: "%{y:,} fish" });
  return draw("population", traces, {
    barmode: "stack", bargap: 0.1, height: 380, xaxis: { range }, 
    yaxis: states.date.length ? { title: { text: "fish" }, overlaying: "y2", tickmode: "auto", showgrid: false } : { visible: false },
    yaxis2: { title: { text: "deaths a week" }, side: "right", rangemode: "tozero", gridcolor: "#edf1f3", zeroline: false },
  });
}

function drawFeed(range) {
  const { feed, fcr } = series;
  const middle = fcr.first.map((first, i) => new Date((Date.parse(first) + Date.parse(fcr.last[i]) + DAY_MS) / 2).toISOString().slice(0, 10));
  const traces = [
    { name: "feed a week", type: "bar", x: feed.week, y: feed.kg, xperiod: 7 * DAY_MS, xperiod0: "2018-01-01", xperiodalignment: "middle", marker: { color: "#c9d9c0" }, hovertemplate: "%{y:,.0f} kg" },
    { name: "FCR of the month", type: "scatter", mode: "lines+markers", yaxis: "y2", x: middle, y: fcr.fcr, line: { color: "#8a4b0b", width: 2 }, marker: { size: 6 },
      text: fcr.confidence.map((confidence, i) => `${fcr.method[i].toLowerCase()}, confidence ${confidence.toLowerCase().replace("_", " ")}`),
      hovertemplate: "%{y:.2f} (%{text})" },
  ];
  return draw("feed", traces, {
    bargap: 0.1, height: 380, xaxis: { range }, yaxis: { title: { text: "kg a week" } },
    yaxis2: { title: { text: "FCR, kg feed a kg growth" }, overlaying: "y", tickmode: "auto", side: "right", rangemode: "tozero", showgrid: false, zeroline: false, visible: fcr.fcr.length > 0 },
  });
}

// A row of the containers' chart: lower where there are many.
function heightOf(names) {
  return Math.max(9, Math.min(15, 1200 / names.length));
}

async function drawContainers() {
  const stays = rowsOf(series.stays);
  const names = [...new Set(stays.map((stay) => stay.container))];
  const hover = "<b>%{customdata.container}</b><br>%{text}<br>%{customdata.fish:,} fish";
  await draw("containers", stageBars(stays, "container", hover), {
    height: 90 + heightOf(names) * names.length, barmode: "overlay", bargap: 0.15, hovermode: "closest", margin: { l: 130, r: 20, t: 8, b: 36 },
    yaxis: { type: "category", categoryarray: names, autorange: "reversed", tickfont: { size: Math.min(heightOf(names), 10) }, showgrid: false, dtick: 1 },
  });
  document.getElementById("containers").on("plotly_click", ({ points }) => choose(String(points[0].customdata.id)));
}

function choose(stay) {
  chooser.value = stay;
  document.getElementById("growth").scrollIntoView({ behavior: "smooth", block: "center" });
  show();
}

function offerStays() {
  const groups = new Map();
  for (const stay of rowsOf(series.stays)) {
    if (!groups.has(stay.stage)) groups.set(stay.stage, chooser.appendChild(Object.assign(document.createElement("optgroup"), { label: stay.stage })));
    groups.get(stay.stage).append(new Option(`${stay.container}, ${lasted(stay)}`, stay.id));
  }
}

async function show() {
  const address = chooser.dataset.series;
  series = await fetchSeries(chooser.value ? `${address}?stay=${chooser.value}` : address);
  const stays = rowsOf(series.stays).filter((stay) => !chooser.value || String(stay.id) === chooser.value);
  const range = stays.length
    ? [stays.reduce((first, stay) => (stay.first < first ? stay.first : first), stays[0].first),
      stays.reduce((last, stay) => (stay.until > last ? stay.until : last), stays[0].until)]
    : undefined;
  // One by one: the first is to be seen while the others are drawn.
  for (const drawOne of [drawGrowth, drawPopulation, drawFeed]) {
    await drawOne(range);
    await new Promise(requestAnimationFrame);
  }
}

chooser.addEventListener("change", show);
logarithmic.addEventListener("change", () => show());
show().then(offerStays).then(drawContainers).then(() => document.body.setAttribute("data-drawn", ""));
