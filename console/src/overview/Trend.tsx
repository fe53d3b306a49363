/** Posture over time as a line. */
import { useMantineColorScheme } from '@mantine/core';
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { day } from '../parts/words.ts';

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

interface Point {
  readonly time: number;
  readonly score: number | null;
}

export default function Trend({ points }: { points: readonly Point[] }) {
  const place = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  const known = points.filter(({ score }) => score !== null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other colours are read from the page.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name);
    const chart = init(element);
    const label = { color: colour('--ink-soft') };
    const line = { lineStyle: { color: colour('--line-soft') } };
    chart.setOption({
      animation: false,
      grid: { left: 34, right: 12, top: 10, bottom: 24 },
      // Text, since the server's policy takes no markup with styles.
      tooltip: { trigger: 'axis', renderMode: 'richText' },
      xAxis: { type: 'time', axisLabel: label, axisLine: line, splitNumber: 4 },
      yAxis: { type: 'value', min: 0, max: 100, interval: 25, axisLabel: label, splitLine: line },
      series: [
        {
          name: 'Posture',
          type: 'line',
          step: 'end',
          data: points.map(({ time, score }) => [time, score]),
          color: colour('--brand'),
          lineStyle: { width: 2 },
          symbolSize: 6,
          areaStyle: { opacity: 0.08 },
        },
      ],
    });
    const follow = new ResizeObserver(() => chart.resize());
    follow.observe(element);
    return () => {
      follow.disconnect();
      chart.dispose();
    };
  }, [points, colorScheme]);
  const last = known.at(-1);
  const said = last
    ? `${known.length} points; the last, of ${day(last.time)}, is ${last.score} of 100`
    : 'no point yet';
  return (
    <div role="img" aria-label={`Posture over 90 days: ${said}`}>
      <div className="chart" ref={place} />
    </div>
  );
}
