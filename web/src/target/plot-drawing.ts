import uPlot from 'uplot';
import { type Marks, placeOf } from './plot-marks.ts';
import type { Ink } from './plot-options.ts';

/** Times when nothing was watched are hatched, so that nobody reads them as quiet. */
export function drawBelow(plot: uPlot, marks: Marks, ink: Ink): void {
  const { ctx, bbox } = plot;
  ctx.save();
  clip(plot);
  ctx.fillStyle = ink.gap;
  for (const [from, to] of marks.gaps) {
    const left = plot.valToPos(from, 'x', true);
    const right = plot.valToPos(to, 'x', true);
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
  }
  ctx.restore();
}

/** Warning is dashed long, critical dashed short, and each says its name and value. */
export function drawThresholds(plot: uPlot, marks: Marks, ink: Ink): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  clip(plot);
  ctx.font = `560 ${11 * ratio}px 'Inter Variable', system-ui, sans-serif`;
  ctx.lineJoin = 'round';
  const placed: { y: number; end: number }[] = [];
  const edges = { above: 0, below: 0 };
  for (const { level, value, text } of marks.thresholds) {
    const color = level === 'critical' ? ink.critical : ink.warning;
    const { min = 0, max = 1 } = plot.scales.y ?? {};
    const place = placeOf(value, [min, max]);
    if (place !== 'shown') {
      // Said at the edge, so that nobody takes a chart without a line for one without a limit.
      const room = edges[place]++ * 14 * ratio;
      const y = place === 'above' ? bbox.top + 12 * ratio + room : bbox.top + bbox.height - 5 * ratio - room;
      const said = `${place === 'above' ? '↑' : '↓'} ${text}`;
      label(plot, ink, color, said, bbox.left + bbox.width - plot.ctx.measureText(said).width - 6 * ratio, y);
      continue;
    }
    const y = plot.valToPos(value, 'y', true);
    ctx.setLineDash((level === 'critical' ? [3, 3] : [8, 5]).map((each) => each * ratio));
    line(plot, color, bbox.left, y, bbox.left + bbox.width, y);
    const labelY = y - bbox.top < 15 * ratio ? y + 14 * ratio : y - 3 * ratio;
    // Labels of lines that are close stand side by side.
    const near = placed.filter((other) => Math.abs(other.y - labelY) < 13 * ratio);
    const x = Math.max(bbox.left + 6 * ratio, ...near.map(({ end }) => end + 12 * ratio));
    placed.push({ y: labelY, end: x + label(plot, ink, color, text, x, labelY) });
  }
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  for (const at of marks.fired) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    line(plot, ink.critical, x, bbox.top, x, bbox.top + bbox.height);
    const width = ctx.measureText('fired').width + 5 * ratio;
    label(plot, ink, ink.critical, 'fired', x - width, bbox.top + 11 * ratio);
  }
  ctx.restore();
}

/** Text with a rim in the colour of the ground; answers its width. */
function label({ ctx }: uPlot, ink: Ink, color: string, text: string, x: number, y: number): number {
  const dash = ctx.getLineDash();
  ctx.setLineDash([]);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.lineWidth = 4 * uPlot.pxRatio;
  ctx.strokeStyle = ink.panel;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
  ctx.setLineDash(dash);
  return ctx.measureText(text).width;
}

function clip({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}

function line({ ctx }: uPlot, color: string, x1: number, y1: number, x2: number, y2: number): void {
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.2 * uPlot.pxRatio;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

/** A line where something was changed, with its number in a flag at the foot; the list beside says what it was. */
export function drawChanges(plot: uPlot, marks: Marks, ink: Ink): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  clip(plot);
  ctx.font = `640 ${10.5 * ratio}px 'Inter Variable', system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { at, number } of marks.changes) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([1.5 * ratio, 2.5 * ratio]);
    line(plot, ink.change, x, bbox.top, x, bbox.top + bbox.height);
    ctx.setLineDash([]);
    const width = ctx.measureText(String(number)).width + 8 * ratio;
    const height = 15 * ratio;
    const left = Math.min(Math.max(x - width / 2, bbox.left), bbox.left + bbox.width - width);
    ctx.fillStyle = ink.change;
    ctx.beginPath();
    ctx.roundRect(left, bbox.top + bbox.height - height, width, height, 3 * ratio);
    ctx.fill();
    ctx.fillStyle = '#fff';
    ctx.fillText(String(number), left + width / 2, bbox.top + bbox.height - height / 2 + 0.5 * ratio);
  }
  ctx.restore();
}
