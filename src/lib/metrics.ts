// Counters, gauges and histograms in Prometheus' text form.
// Invariant: a metric is made once per registry; label values are bounded by their owner (never a name or a uid).
// Called by: every component with the registry that compose/ made for its process. Next on the way: index.ts, the door.

export type MetricLabels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: MetricLabels, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}
export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

interface Series {
  labels: string;
  value: number;
  counts?: number[];
  count?: number;
}

function labelText(labels: MetricLabels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labels[name]!.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`)
    .join(",");
}

const noLabels: MetricLabels = Object.freeze({});

const braces = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

export class MetricRegistry {
  readonly #families = new Map<string, { type: string; help: string; buckets?: readonly number[]; series: Map<string, Series> }>();

  readonly #collectors: (() => void)[] = [];

  /** Runs before each exposition, for figures that are looked up rather than counted. */
  collect(look: () => void): void {
    this.#collectors.push(look);
  }

  #series(name: string, type: string, help: string, buckets?: readonly number[]): (labels?: MetricLabels) => Series {
    let family = this.#families.get(name);
    if (!family) {
      family = { type, help, series: new Map(), ...(buckets ? { buckets } : {}) };
      this.#families.set(name, family);
    }
    const { series } = family;
    // Who counts often keeps its labels in one frozen object, and is not asked for their text each time.
    const known = new WeakMap<MetricLabels, Series>();
    return (given = noLabels) => {
      const seen = known.get(given);
      if (seen) return seen;
      const labels = labelText(given);
      let one = series.get(labels);
      if (!one) {
        one = buckets ? { labels, value: 0, counts: buckets.map(() => 0), count: 0 } : { labels, value: 0 };
        series.set(labels, one);
      }
      if (Object.isFrozen(given)) known.set(given, one);
      return one;
    };
  }

  counter(name: string, help: string): Counter {
    const series = this.#series(name, "counter", help);
    return {
      add(labels, by = 1) {
        series(labels).value += by;
      },
    };
  }

  gauge(name: string, help: string): Gauge {
    const series = this.#series(name, "gauge", help);
    return {
      set(value, labels) {
        series(labels).value = value;
      },
    };
  }

  /** `buckets` are upper bounds in the metric's unit, ascending. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    const series = this.#series(name, "histogram", help, buckets);
    return {
      observe(value, labels) {
        const one = series(labels);
        one.value += value;
        one.count = one.count! + 1;
        const counts = one.counts!;
        for (let index = buckets.length - 1; index >= 0 && value <= buckets[index]!; index--) counts[index] = counts[index]! + 1;
      },
    };
  }

  /** The whole registry in the text exposition format 0.0.4. */
  text(): string {
    for (const look of this.#collectors) look();
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`);
      for (const one of family.series.values()) {
        if (!family.buckets) {
          lines.push(`${name}${braces(one.labels)} ${one.value}`);
          continue;
        }
        const prefix = one.labels === "" ? "" : `${one.labels},`;
        for (const [index, bound] of family.buckets.entries()) lines.push(`${name}_bucket{${prefix}le="${bound}"} ${one.counts![index]}`);
        lines.push(`${name}_bucket{${prefix}le="+Inf"} ${one.count}`, `${name}_sum${braces(one.labels)} ${one.value}`);
        lines.push(`${name}_count${braces(one.labels)} ${one.count}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }
}
