// Draws each chart from the JSON beside it; a click on a bar opens the conversations behind it.
"use strict";
(() => {
  const COLOURS = ["#0b57a4", "#c2571a", "#2e7d4f", "#6d4ba3"];
  const SHORT = 42;

  const short = (text) => (text.length > SHORT ? text.slice(0, SHORT - 1) + "…" : text);

  function draw(canvas) {
    const data = JSON.parse(document.getElementById(canvas.dataset.chart + "-data").textContent);
    const chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.labels.map(short),
        datasets: data.series.map((one, n) => ({
          label: one.label, data: one.values, backgroundColor: COLOURS[n % COLOURS.length],
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: data.sideways ? "y" : "x",
        scales: {
          x: { stacked: data.stacked, beginAtZero: true, ticks: { precision: 0 } },
          y: { stacked: data.stacked, beginAtZero: true, ticks: { precision: 0 } },
        },
        plugins: { legend: { display: data.series.length > 1 } },
        onClick: (_event, hit) => {
          const link = hit.length ? data.series[hit[0].datasetIndex].links[hit[0].index] : null;
          if (link) window.location.assign(link);
        },
        onHover: (_event, hit) => {
          const linked = hit.length && data.series[hit[0].datasetIndex].links[hit[0].index];
          canvas.style.cursor = linked ? "pointer" : "default";
        },
      },
    });
    window.addEventListener("beforeprint", () => chart.resize());
  }

  document.querySelectorAll("canvas[data-chart]").forEach(draw);
})();
