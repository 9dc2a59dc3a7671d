import uPlot from 'uplot';
import type { Marks } from './plot-marks.ts';
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
  ctx.lineWidth = 1.2 * ratio;
  ctx.font = `560 ${11 * ratio}px 'Inter Variable', system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  for (const { level, value, text } of marks.thresholds) {
    const y = plot.valToPos(value, 'y', true);
    if (y < bbox.top - 1 || y > bbox.top + bbox.height + 1) continue;
    ctx.strokeStyle = level === 'critical' ? ink.critical : ink.warning;
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash(level === 'critical' ? [3 * ratio, 3 * ratio] : [8 * ratio, 5 * ratio]);
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    const isAtTop = y - bbox.top < 15 * ratio;
    ctx.textBaseline = isAtTop ? 'top' : 'bottom';
    const x = bbox.left + 6 * ratio;
    const labelY = isAtTop ? y + 3 * ratio : y - 2 * ratio;
    ctx.setLineDash([]);
    ctx.lineJoin = 'round';
    ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = ink.panel;
    ctx.strokeText(text, x, labelY);
    ctx.fillText(text, x, labelY);
    ctx.lineWidth = 1.2 * ratio;
  }
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.strokeStyle = ink.critical;
  ctx.fillStyle = ink.critical;
  ctx.textBaseline = 'bottom';
  for (const at of marks.fired) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const isNearEnd = bbox.left + bbox.width - x < 60 * ratio;
    ctx.textAlign = isNearEnd ? 'right' : 'left';
    ctx.fillText('fired', x + (isNearEnd ? -5 : 5) * ratio, bbox.top + bbox.height - 3 * ratio);
  }
  ctx.restore();
}

function clip({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
