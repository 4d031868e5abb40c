// What all charts share: the look, the stages' colours, and bars along a calendar.
"use strict";

const STAGE_COLOURS = {
  "Egg&Alevin": "#c9b458", "Fry": "#8cbf6b", "Parr": "#4da672", "Smolt": "#3397a6", "Post-Smolt": "#3a6fb0", "Adult": "#5b4a9c",
};
const OTHER_COLOURS = ["#a3862a", "#b5643c", "#a8477a", "#6f7f1f", "#2f7f5f", "#8a5fc0", "#c27ba0", "#5f8fa8", "#7a5a44", "#4f6f9f", "#9fae3f", "#b04a4a"];
const otherStages = [];
const DAY_MS = 86400000;
const LAYOUT = {
  margin: { l: 62, r: 62, t: 8, b: 36 },
  font: { family: 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif', size: 12, color: "#1c2b33" },
  paper_bgcolor: "#fff", plot_bgcolor: "#fff", hovermode: "x unified", hoverlabel: { bgcolor: "#fff", bordercolor: "#dde5e9" },
  legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
  xaxis: { type: "date", gridcolor: "#edf1f3", hoverformat: "%Y-%m-%d", linecolor: "#dde5e9" },
  yaxis: { gridcolor: "#edf1f3", zeroline: false, rangemode: "tozero" },
};
const CONFIG = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };

// Plotly changes what it is given: each chart gets its own copy of the common layout.
function draw(id, traces, changes = {}) {
  const layout = structuredClone(LAYOUT);
  for (const [key, value] of Object.entries(changes)) {
    const both = layout[key] && typeof value === "object" && !Array.isArray(value);
    layout[key] = both ? { ...layout[key], ...value } : value;
  }
  return Plotly.react(id, traces, layout, CONFIG);
}

// Stages of another company take further colours as they appear.
function stageColour(stage) {
  if (STAGE_COLOURS[stage]) return STAGE_COLOURS[stage];
  if (!otherStages.includes(stage)) otherStages.push(stage);
  return OTHER_COLOURS[otherStages.indexOf(stage) % OTHER_COLOURS.length];
}

// Horizontal bars from first to until, a trace a stage, in the order of the stages' first bars.
function stageBars(rows, label, hover) {
  return [...new Set(rows.map((row) => row.stage))].map((stage) => {
    const bars = rows.filter((row) => row.stage === stage);
    return {
      type: "bar", orientation: "h", name: stage, marker: { color: stageColour(stage), line: { color: "#fff", width: 0.5 } },
      y: bars.map((row) => row[label]), base: bars.map((row) => row.first),
      // A stay of no whole day shows as one.
      x: bars.map((row) => Math.max(Date.parse(row.until) - Date.parse(row.first), DAY_MS)),
      customdata: bars, text: bars.map(lasted), textposition: "none", hovertemplate: `${hover}<extra>%{fullData.name}</extra>`,
    };
  });
}

// The last of the days that a stay lasted, or that it goes on.
function lasted(row) {
  return `${row.first} to ${row.open ? "now" : row.until}`;
}

function rowsOf(columns) {
  const names = Object.keys(columns);
  return (columns[names[0]] || []).map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}

async function fetchSeries(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
}
