// What an instance says of itself.

/** Sum of a metric's series whose labels hold all of `labels`. */
export async function readMetric(adminPort: number, name: string, labels: readonly string[] = []): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const series = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (series.length === 0) throw new Error(`/metrics has no ${name}`);
  return series
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
