// Draws <div class="chart" data-chart="ID" role="img" aria-label="…"> from {{ data|json_script:"ID" }}.  Shapes: docs/design.md.
// A chart never stands alone: the page shows the same figures in a table beside it.  The content policy allows neither
// style attributes in markup nor HTML tooltips, hence the SVG renderer and rich text.

const charts = new Map();
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function palette() {
  return {
    series: [1, 2, 3, 4, 5].map((n) => token(`--chart-${n}`)),
    ink: token("--ink"), ink2: token("--ink-2"), line: token("--line"), surface: token("--surface"),
    low: token("--chart-low"), high: token("--chart-1"),
  };
}

const number = new Intl.NumberFormat(document.documentElement.lang || "ja");
const say = (value, unit = "") => (value === null || value === undefined ? "—" : `${number.format(value)}${unit}`);

function frame(data, colours) {
  const text = { color: colours.ink2, fontSize: 12 };
  return {
    color: colours.series,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.ink },
    animation: !still.matches,
    animationDuration: 350,
    aria: { enabled: false },
    grid: { left: 8, right: 16, top: data.series?.length > 1 ? 40 : 20, bottom: 8, containLabel: true },
    legend: data.series?.length > 1 ? { top: 0, right: 0, textStyle: text, icon: "roundRect", itemWidth: 12, itemHeight: 8 } : undefined,
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: colours.surface, borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: 12 },
    },
  };
}

function axes(data, colours) {
  const label = { color: colours.ink2, fontSize: 12 };
  const plain = { axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: label };
  return {
    category: { type: "category", data: data.labels, name: data.x_name, nameLocation: "middle", nameGap: 28, nameTextStyle: label, ...plain },
    value: {
      type: "value", max: data.max, splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { ...label, formatter: (value) => say(value, data.unit) },
    },
  };
}

// One line per point: its label, each series, and n where the data says how many stand behind it.
function pointTip(data) {
  return (points) => [
    points[0].axisValueLabel,
    ...data.series.map((one) => {
      const index = points[0].dataIndex;
      const n = one.n ? ` (n=${say(one.n[index])})` : "";
      return `${one.name}  ${say(one.values[index], data.unit)}${n}`;
    }),
  ].join("\n");
}

// The 95 % interval as a band: an invisible line at its foot, and the height stacked on it.
function band(one, index, colour) {
  if (!one.low) return [];
  const common = { type: "line", stack: `band${index}`, symbol: "none", silent: true, tooltip: { show: false }, lineStyle: { opacity: 0 } };
  const height = one.high.map((high, i) => (high === null ? null : high - one.low[i]));
  return [
    { ...common, data: one.low },
    { ...common, data: height, areaStyle: { color: colour, opacity: 0.14 } },
  ];
}

function line(data, colours) {
  const { category, value } = axes(data, colours);
  const base = frame(data, colours);
  return {
    ...base,
    legend: base.legend && { ...base.legend, data: data.series.map((one) => one.name) },
    tooltip: { ...base.tooltip, trigger: "axis", formatter: pointTip(data) },
    xAxis: { ...category, boundaryGap: false },
    yAxis: value,
    series: data.series.flatMap((one, index) => [
      ...band(one, index, colours.series[index]),
      {
        name: one.name, type: "line", data: one.values, symbolSize: 6, symbol: "circle", showSymbol: data.labels.length < 40,
        color: colours.series[index], lineStyle: { width: 2.5 }, connectNulls: false,
      },
    ]),
  };
}

function bar(data, colours) {
  const { category, value } = axes(data, colours);
  const base = frame(data, colours);
  const across = data.horizontal;
  return {
    ...base,
    tooltip: { ...base.tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: pointTip(data) },
    xAxis: across ? value : category,
    yAxis: across ? { ...category, inverse: true } : value,
    series: data.series.map((one) => ({
      name: one.name, type: "bar", data: one.values, barMaxWidth: 34, stack: data.stacked ? "all" : undefined,
      itemStyle: { borderRadius: across ? [0, 4, 4, 0] : [4, 4, 0, 0] },
    })),
  };
}

// The text of a step starts beyond the wider step above it.
function funnel(data, colours, width) {
  const { values } = data.series[0];
  const reach = (index) => 14 + ((values[index] - (values[index + 1] ?? values[index])) / Math.max(1, ...values)) * width * 0.17;
  const base = frame(data, colours);
  return {
    ...base,
    tooltip: { ...base.tooltip, formatter: ({ name, value }) => `${name}  ${say(value, data.unit)}` },
    series: [{
      type: "funnel", sort: "none", gap: 3, left: "2%", right: width < 420 ? "44%" : "30%", top: 8, bottom: 8, minSize: "2%",
      label: { position: "right", color: colours.ink, formatter: ({ name, value }) => `${name}  ${say(value, data.unit)}` },
      itemStyle: { borderWidth: 0, color: colours.series[0] },
      data: data.labels.map((name, index) => ({
        name, value: values[index], labelLine: { length: reach(index), lineStyle: { color: colours.line } },
      })),
    }],
  };
}

// cells: [column, row, value, n]; a value of null is a cell with too little data.
function heatmap(data, colours) {
  const { category } = axes(data, colours);
  const base = frame(data, colours);
  const values = data.cells.map((cell) => cell[2]).filter((value) => value !== null);
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      formatter: ({ data: [column, row, value, n] }) =>
        `${data.rows[row]} ${data.labels[column]}\n${value === null ? data.too_thin || "—" : say(value, data.unit)}${n === undefined ? "" : ` (n=${say(n)})`}`,
    },
    grid: { ...base.grid, bottom: 44 },
    xAxis: { ...category, splitArea: { show: false } },
    yAxis: { type: "category", data: data.rows, inverse: true, axisTick: { show: false }, axisLine: { show: false }, axisLabel: category.axisLabel },
    visualMap: {
      min: 0, max: data.max || Math.max(1, ...values), calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: 140, itemWidth: 10,
      textStyle: { color: colours.ink2 }, text: [say(data.max || Math.max(1, ...values), data.unit), say(0, data.unit)],
      inRange: { color: [colours.low, colours.high] }, dimension: 2,
    },
    series: [{
      type: "heatmap", data: data.cells.map((cell) => [cell[0], cell[1], cell[2] ?? "-", cell[3]]),
      itemStyle: { borderColor: colours.surface, borderWidth: 3, borderRadius: 5 },
      label: { show: data.show_values !== false, formatter: ({ value }) => (value[2] === "-" ? "" : say(value[2])), fontSize: 11 },
    }],
  };
}

const BUILDERS = { line, bar, funnel, heatmap };

function draw(element) {
  const source = document.getElementById(element.dataset.chart);
  if (!source || !window.echarts) return;
  const data = JSON.parse(source.textContent);
  charts.get(element)?.dispose();
  const chart = window.echarts.init(element, null, { renderer: "svg", locale: document.documentElement.lang === "ja" ? "JA" : "EN" });
  chart.setOption(BUILDERS[data.type](data, palette(), element.clientWidth));
  // A bar, step or cell may open the rows it stands for.
  if (data.urls) {
    chart.on("click", ({ dataIndex }) => data.urls[dataIndex] && location.assign(data.urls[dataIndex]));
  }
  charts.set(element, chart);
  observer.observe(element);
}

const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => charts.get(target)?.resize()));

function drawAll(root) {
  const inside = root.matches?.("[data-chart]") ? [root] : root.querySelectorAll("[data-chart]");
  for (const element of inside) if (!charts.has(element)) draw(element);
}

drawAll(document);
document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
document.addEventListener("theme:change", () => [...charts.keys()].forEach(draw));
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  const { elt } = event.detail;
  if (!charts.has(elt)) return;
  observer.unobserve(elt);
  charts.get(elt).dispose();
  charts.delete(elt);
});
window.addEventListener("beforeprint", () => charts.forEach((chart) => chart.resize()));
