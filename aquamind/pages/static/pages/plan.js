// The occupancy of halls and areas.
"use strict";

const chooser = document.getElementById("geography");
let series;

function drawOccupancy(geography) {
  const places = rowsOf(series.places).filter((place) => place.geography === geography);
  const traces = [["hall", "halls", "#3397a6"], ["area", "sea areas", "#5b4a9c"]].map(([kind, name, color]) => {
    const all = places.filter((place) => place.kind === kind).reduce((sum, place) => sum + place.containers, 0);
    const turns = rowsOf(series.occupancy).filter((turn) => turn.geography === geography && turn.kind === kind);
    return { name, type: "scatter", mode: "lines", x: turns.map((turn) => turn.date), y: turns.map((turn) => turn.containers / all),
      customdata: turns.map((turn) => turn.containers), line: { shape: "hv", color, width: 2 }, hovertemplate: `%{y:.0%}: %{customdata} of ${all}` };
  });
  return draw("occupancy", traces, { height: 320, yaxis: { tickformat: ".0%", title: { text: "occupied" } } });
}

async function drawPlaces(geography) {
  const known = rowsOf(series.places).filter((place) => place.geography === geography).map((place) => place.place);
  const visits = rowsOf(series.visits).filter((visit) => visit.geography === geography);
  const places = [...new Set([...known, ...visits.map((visit) => visit.place)])];
  const hover = "<b>%{customdata.batch}</b><br>%{customdata.place}<br>%{text}<br>%{customdata.containers} containers";
  await draw("places", stageBars(visits, "place", hover), {
    height: 90 + 16 * places.length, barmode: "overlay", bargap: 0.15, hovermode: "closest", margin: { l: 210, r: 20, t: 28, b: 36 },
    xaxis: { side: "top" }, legend: { y: -0.01, yanchor: "top" },
    yaxis: { type: "category", categoryarray: places, range: [places.length - 0.5, -0.5], autorange: false, tickfont: { size: 10 }, showgrid: false, dtick: 1 },
  });
}

async function show() {
  await Promise.all([drawOccupancy(chooser.value), drawPlaces(chooser.value)]);
}

async function begin() {
  series = await fetchSeries(chooser.dataset.series);
  chooser.append(...[...new Set(series.places.geography)].map((name) => new Option(name)));
  chooser.addEventListener("change", show);
  await show();
  document.getElementById("places").on("plotly_click", ({ points }) => {
    location.href = `/batches/${encodeURIComponent(points[0].customdata.batch)}/`;
  });
  document.body.setAttribute("data-drawn", "");
}

begin();
