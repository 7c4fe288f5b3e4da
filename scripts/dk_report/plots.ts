// The plots of a page, drawn as SVG by Vega without a DOM. Colours are variables of the page's style
// sheet, so that light, dark and print each have their own. Data is data to Vega, never an expression.

import { parse, type Spec, View } from "vega";
import type { Figures } from "./figures.ts";
import { OUTCOMES } from "./mail.ts";

/** The variable of a colour: `--plot-no-pass`. */
export function colourOf(name: string): string {
  return `--plot-${name.replaceAll(" ", "-")}`;
}

const WIDTH = 680;
const ROW_HEIGHT = 22;
/** So many days have their labels side by side. */
const MAX_DAY_LABELS = 10;
/** A name that is longer is cut in the plot; the table has all of it. */
const MAX_LABEL_PIXELS = 220;

const CONFIG: Spec["config"] = {
  axis: {
    domainColor: "var(--line)",
    gridColor: "var(--grid)",
    labelColor: "currentColor",
    labelFontSize: 12,
    labelFont: "inherit",
    tickColor: "var(--line)",
  },
  legend: {
    labelColor: "currentColor",
    labelFontSize: 12,
    labelFont: "inherit",
    symbolType: "square",
  },
  style: { cell: { stroke: "transparent" } },
};

/** Mails a day, a bar for each day, by what became of them. */
export function plotDays({ days }: Figures): Promise<string> {
  const present = OUTCOMES.filter((outcome) =>
    days.some((day) => (day[outcome] ?? 0) > 0)
  );
  const values = days.flatMap((day) =>
    present.map((outcome, order) => ({
      day: day.day,
      outcome,
      order,
      mails: day[outcome] ?? 0,
    }))
  );
  const every = Math.ceil(days.length / MAX_DAY_LABELS);
  return draw({
    width: WIDTH,
    height: 240,
    data: [{
      name: "mails",
      values,
      transform: [{
        type: "stack",
        groupby: ["day"],
        field: "mails",
        sort: { field: "order" },
      }],
    }],
    scales: [
      {
        name: "x",
        type: "band",
        domain: days.map(({ day }) => day),
        range: "width",
        padding: 0.2,
      },
      {
        name: "y",
        domain: { data: "mails", field: "y1" },
        range: "height",
        nice: true,
      },
      colourScale(present),
    ],
    axes: [
      {
        orient: "left",
        scale: "y",
        grid: true,
        ticks: false,
        tickCount: 5,
        domain: false,
      },
      {
        orient: "bottom",
        scale: "x",
        values: days.map(({ day }) => day).filter((_, n) => n % every === 0),
        encode: {
          labels: { update: { text: { signal: "slice(datum.value, 5)" } } },
        },
      },
    ],
    legends: [{
      fill: "colour",
      orient: "top",
      direction: "horizontal",
      columns: 0,
    }],
    marks: [{
      type: "rect",
      from: { data: "mails" },
      encode: {
        enter: {
          x: { scale: "x", field: "day" },
          width: { scale: "x", band: 1 },
          y: { scale: "y", field: "y0" },
          y2: { scale: "y", field: "y1" },
          fill: { scale: "colour", field: "outcome" },
        },
      },
    }],
  });
}

/** Letters, a bar for each, DKIM's and DomainKeys'. */
export function plotLetters({ results }: Figures): Promise<string> {
  const bars = results.map(({ scheme, letter, result, mails }) => ({
    name: `${scheme} ${letter} (${result})`,
    colour: result === "pass" ? "pass" : "no pass",
    mails,
  }));
  return plotBars(bars, ["pass", "no pass"]);
}

/** The domains whose signatures fail most, a bar for each. */
export function plotDomains({ failingDomains }: Figures): Promise<string> {
  const bars = failingDomains.slice(0, 10).map(({ domain, mails }) => ({
    name: domain,
    colour: "no pass",
    mails,
  }));
  return plotBars(bars, ["no pass"]);
}

/** A row for each, with its number. */
function plotBars(
  values: { name: string; colour: string; mails: number }[],
  colours: string[],
): Promise<string> {
  return draw({
    width: WIDTH - MAX_LABEL_PIXELS,
    height: ROW_HEIGHT * values.length,
    data: [{ name: "bars", values }],
    scales: [
      {
        name: "x",
        domain: { data: "bars", field: "mails" },
        range: "width",
        zero: true,
      },
      {
        name: "y",
        type: "band",
        domain: values.map(({ name }) => name),
        range: "height",
        padding: 0.2,
      },
      colourScale(colours),
    ],
    axes: [{
      orient: "left",
      scale: "y",
      ticks: false,
      labelLimit: MAX_LABEL_PIXELS,
    }],
    marks: [
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            y: { scale: "y", field: "name" },
            height: { scale: "y", band: 1 },
            x: { scale: "x", value: 0 },
            x2: { scale: "x", field: "mails" },
            fill: { scale: "colour", field: "colour" },
          },
        },
      },
      {
        type: "text",
        from: { data: "bars" },
        encode: {
          enter: {
            y: { scale: "y", field: "name", band: 0.5 },
            x: { scale: "x", field: "mails", offset: 4 },
            baseline: { value: "middle" },
            text: { field: "mails" },
            fontSize: { value: 12 },
            font: { value: "inherit" },
            fill: { value: "currentColor" },
          },
        },
      },
    ],
  });
}

function colourScale(names: readonly string[]) {
  return {
    name: "colour",
    type: "ordinal" as const,
    domain: [...names],
    range: names.map((name) => `var(${colourOf(name)})`),
  };
}

/** The svg element. A page gives the whole a role and a name, before which those of its parts do not count. */
async function draw(spec: Spec): Promise<string> {
  const view = new View(
    parse({ autosize: "pad", padding: 4, ...spec }, CONFIG),
    { renderer: "none" },
  );
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
