/**
 * The one configuration of the anomaly detector, for every kind of series. Chosen on two thirds of the files of the
 * Numenta Anomaly Benchmark and confirmed on the third that was kept back (bench/results.md).
 */
const minuteMs = 60_000;
const dayMs = 86_400_000;

export const anomalySettings = {
  /** The most extreme value is kept for each slot of this length, or of the double, fourfold … for series that come more seldom. */
  slotMs: 10 * minuteMs,
  /** Slots that are remembered: three weeks of ten minutes. */
  slots: 3_024,
  /** A single odd value is noise: judged is the mean of the last three. */
  smoothing: 3,
  /** What lies beyond these quantiles of the remembered values is outside of the range. */
  tail: 0.002,
  /** Distances are measured in widths between these quantiles: a range, because sigma lies on heavy tails. */
  widthTail: 0.01,
  /** A range is at least this share of the middle value wide, so that a constant series does not alarm at a crumb. */
  leastWidth: 0.005,
  /** Differences from the shape are measured in at least this share of the range: a fine shape makes no crumb strange. */
  leastShapeWidth: 0.05,
  /** Hours remembered for the shape of days and weeks: four weeks. */
  shapeHours: 28 * 24,
  /** Slots of the remembered differences from the shape, and how many. */
  residualSlotMs: 30 * minuteMs,
  residualSlots: 1_008,
  /** Ranges are computed anew when so large a share of the values is new. */
  refreshShare: 1 / 48,
  /** Nothing is judged before so many slots are filled and so much time is covered. */
  warmUpSlots: 50,
  warmUpMs: dayMs,
  /** An alarm rests for so many slots; only a score so many times as high ends the rest. */
  restSlots: 50,
  restFactor: 2,
  /** A score from which a value is anomalous, in widths; raised for series that would alarm more often than `budget`. */
  threshold: 0.1,
  /** Days with an alarm that a series may have of 28, before its threshold rises. */
  alarmDaysOf28: 4,
  /** Scores end here: a constant series that moves would be infinitely strange. */
  highest: 1_000,
} as const;
