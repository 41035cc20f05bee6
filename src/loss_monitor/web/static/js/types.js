/**
 * The words of the page: what the server's stream sends, and the state every panel is given.
 *
 * Types only. The first part is the server's stream, schema 4; the second is the page's own.
 * Names ending in `_s` are seconds (since 1970-01-01 UTC for moments); `null` stands for a
 * value that is not finite or not known.
 */

/** @typedef {number | null} Value */

/**
 * @typedef {object} About What answers: fixed while the server runs.
 * @property {string} version
 * @property {string} user
 * @property {string} host
 * @property {string} directory
 * @property {string[]} job_logs
 * @property {string} core
 * @property {number} refresh_rate_s
 * @property {number} max_history_limit
 * @property {number} histogram_bins
 * @property {boolean} demo
 * @property {boolean} is_open Whoever reaches the address is let in without a token.
 */

/**
 * @typedef {object} Loading Progress from process start until every file was read once.
 * @property {number} files_done
 * @property {number} files_total
 * @property {number} bytes_done
 * @property {number} bytes_total
 */

/**
 * @typedef {object} Source What is watched and how it stands.
 * @property {boolean} exists
 * @property {string} error
 * @property {Loading | null} loading
 * @property {number} incidents
 * @property {number} poll_interval_s
 * @property {string} state `starting`, `empty`, `dry_run`, `pending`, `running`, `waiting`, ...
 * @property {string} state_text
 * @property {number | null} usual_interval_s
 * @property {string | null} last_update
 * @property {number | null} last_update_s
 * @property {number | null} batches_per_s
 * @property {number | null} heard_s Last sign of life, where that is no loss.
 * @property {Job | null} job
 * @property {string | null} model_time_at_limit
 * @property {{id: string, name: string, log: string, command: string} | null} other_job
 */

/**
 * @typedef {object} Job The batch job of the run, as Slurm or the log's name tells of it.
 * @property {string} id
 * @property {string} state Slurm's word; empty where Slurm tells nothing.
 * @property {string} reason
 * @property {string} node
 * @property {number | null} limit_s
 * @property {number} used_s Up to `counts_from_s`, or in all.
 * @property {number | null} counts_from_s
 * @property {number | null} ends_s
 * @property {string} source
 */

/**
 * @typedef {object} Attempt One process (job) of the run.
 * @property {string} label
 * @property {number | null} job
 * @property {string | null} started
 * @property {string | null} ended When it was heard of last; null while it may go on.
 * @property {string} outcome How it ended; empty where nothing was said.
 */

/**
 * @typedef {object} Mark Something that happened, or near ones of a kind as one.
 * @property {string} kind `checkpoint`, `rollback`, `restart`, `restored`, `dry_run`,
 *   `non_finite`, `end`, `note`
 * @property {"info" | "ok" | "warning" | "error"} level
 * @property {number | null} index Timestep at or before which it happened, or ended.
 * @property {number | null} from Where it began, for what lasts.
 * @property {number} count How many it stands for.
 * @property {string | null} time
 * @property {string} message
 * @property {string | null} file
 * @property {number | null} line
 * @property {number | null} offset Where that line begins, in bytes.
 */

/**
 * @typedef {object} LogPlace A line of a job log, and what it says.
 * @property {string} file
 * @property {number} line
 * @property {number} offset
 * @property {string} message
 */

/**
 * @typedef {object} Run
 * @property {string} id
 * @property {string} label
 * @property {Record<string, string>} [params] By name, as their user gave them.
 * @property {"batch" | "epoch" | "rank"} unit
 * @property {number} timesteps
 * @property {number} batches
 * @property {string | number | null} started
 * @property {Attempt[]} attempts
 * @property {number} dropped
 * @property {Mark[]} marks
 * @property {{mean: number, index: number, label: string} | null} [best] Lowest mean.
 */

/**
 * @typedef {object} TimestepColumns One entry per timestep, in model-time order.
 * @property {string[]} label
 * @property {Value[]} x Seconds since the first timestep in the run's calendar.
 * @property {number[]} count
 * @property {number[]} non_finite
 * @property {(number | null)[]} inf How many of these are infinite; null where not told.
 * @property {Value[]} mean
 * @property {Value[]} std
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {Value[]} wall_time
 * @property {number[]} attempt
 */

/** @typedef {TimestepColumns & {start: number}} Timesteps The newest 500, whole. */

/**
 * @typedef {TimestepColumns & {size: number, start: number[], timesteps: number[]}} Buckets
 * Timesteps older than those in `timesteps`, `size` of them in a row.
 */

/**
 * @typedef {object} CurrentBuckets
 * @property {number[]} x_start
 * @property {number[]} x_stop
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {Value[]} mean
 * @property {number[]} count
 */

/**
 * @typedef {object} Current The latest timestep that has batches.
 * @property {number} index
 * @property {string} label
 * @property {string} unit
 * @property {boolean} complete
 * @property {number} start Batch index of its first value, over the run.
 * @property {number} count
 * @property {Value[]} [values]
 * @property {CurrentBuckets} [buckets] In place of `values` above 2,000 of them.
 */

/**
 * @typedef {object} Statistics The answer of `api/loss/statistics`.
 * @property {number} total_batches
 * @property {number} total_timesteps
 * @property {Value} overall_mean
 * @property {Value} overall_std
 * @property {Value} overall_min
 * @property {Value} overall_max
 * @property {Value} percentile_25
 * @property {Value} percentile_50
 * @property {Value} percentile_75
 * @property {Value} percentile_90
 * @property {Value} percentile_95
 * @property {Value} percentile_99
 * @property {string} trend
 * @property {Value} trend_slope
 * @property {Value} first_loss
 * @property {Value} latest_loss
 * @property {Value} improvement
 * @property {number} finite_batches
 * @property {number} nan_batches
 * @property {number} inf_batches
 * @property {string} recent_trend
 * @property {Value} recent_slope
 * @property {Value} recent_r2
 * @property {Value} best_loss
 * @property {string | null} best_timestamp
 * @property {Value} improvement_relative
 */

/**
 * @typedef {object} Bins
 * @property {Value} lo
 * @property {Value} hi
 * @property {number[]} counts
 * @property {number} [left_out] Finite values that a logarithmic axis cannot hold.
 */

/** @typedef {{linear: Bins, log: Bins}} Distribution */

/**
 * @typedef {object} Entry One row of the activity log.
 * @property {number} id
 * @property {string} time
 * @property {"info" | "ok" | "warning" | "error"} level
 * @property {string} kind
 * @property {string} message
 * @property {string | null} file
 * @property {number | null} line
 * @property {number | null} offset
 * @property {string | null} row Entries of equal row replace each other.
 * @property {boolean} incident
 */

/**
 * @typedef {object} Alert One incident that a health rule found.
 * @property {number} id
 * @property {string} rule
 * @property {"info" | "ok" | "warning" | "error"} level
 * @property {string} message
 * @property {string} opened
 * @property {string} updated
 * @property {string | null} closed Null while it is open.
 * @property {{values: Value[], timestamp: string, batch: number | null, file: string,
 *   line: number | null, tag: string, step: number | null}} evidence
 */

/**
 * @typedef {object} Data Everything the server says about the run: a snapshot, kept up to date.
 * @property {number} schema
 * @property {string} version
 * @property {string} server_time
 * @property {number} server_time_s
 * @property {About} about
 * @property {Source} source
 * @property {string} sentence
 * @property {Run} run
 * @property {Buckets} buckets
 * @property {Timesteps} timesteps
 * @property {Current | null} current
 * @property {Statistics | null} statistics
 * @property {Distribution | null} distribution
 * @property {Value[]} recent
 * @property {Entry[]} activity
 * @property {Alert[]} alerts
 */

/**
 * @typedef {object} Update
 * @property {string} version
 * @property {string} server_time
 * @property {number} server_time_s
 * @property {Partial<Data>} [set] Parts that are replaced whole.
 * @property {{source?: Partial<Source>, run?: Partial<Run>, statistics?: Partial<Statistics>}}
 *   [merge] Fields that take the place of a part's older ones.
 * @property {{drop: number, append: Value[]}} [recent_splice]
 * @property {{timesteps?: {drop: number, keep: number, start: number, append: TimestepColumns},
 *   buckets?: {keep: number, append: Omit<Buckets, "size">}}} [splice]
 * @property {{index: number, keep: number, values: Value[], complete: boolean, count: number}}
 *   [current_append]
 */

/** @typedef {50 | 100 | 200 | 500 | "all"} WindowSize Newest timesteps shown. */

/** @typedef {"linear" | "log" | "symlog"} Scale */

/** @typedef {"auto" | "zero" | "robust" | [number, number]} YRange */

/**
 * @typedef {object} View What the user set; kept in the address of the page.
 * @property {WindowSize} window
 * @property {Scale | "auto"} scale
 * @property {import("./places.js").Axis | "auto"} axis
 * @property {[number, number] | null} zoom Timesteps, half open; stays where it is while the
 *   run grows. `null` follows the newest.
 * @property {[number, number] | null} batches Within `zoom` and finer than it: batches over the
 *   run, half open, where the axis counts batches.
 * @property {number | null} follow A zoom that keeps to the newest so many timesteps.
 * @property {number | null} chosen Timestep whose batches are shown; `null` is the latest.
 * @property {number} smoothing Weight of what came before, 0 (off) up to 1.
 * @property {YRange} yRange Of the time charts.
 * @property {"statistics" | "online"} lower What the lower time chart shows.
 * @property {boolean} dropped Whether what earlier attempts left behind is drawn, too.
 */

/**
 * @typedef {object} RangeAnswer The answer of `api/loss/range`.
 * @property {number[]} x_start
 * @property {number[]} x_stop
 * @property {number[]} [timestep] Index of the first one of each bucket.
 * @property {number[]} [attempt] None joins two.
 * @property {number[]} count
 * @property {number[]} non_finite
 * @property {Value[]} min
 * @property {Value[]} max
 * @property {Value[]} mean
 * @property {Value[]} [std]
 * @property {Value[]} first
 * @property {Value[]} last
 * @property {Value[] | null} [smooth] At the end of each bucket, over everything before it.
 */

/**
 * @typedef {object} OnlineAnswer The answer of `api/loss/online`: columns of one or more
 *   timesteps, each signal with its mean, least and largest over these.
 * @property {string[]} labels
 * @property {number[]} start
 * @property {number[]} timesteps
 * @property {number[]} attempt None joins two.
 * @property {number[]} batches
 * @property {number[]} non_finite
 * @property {Value[]} first_batch
 * @property {Value[]} first_batch_min
 * @property {Value[]} first_batch_max
 * @property {Value[]} last_batch
 * @property {Value[]} last_batch_min
 * @property {Value[]} last_batch_max
 * @property {Value[]} gain
 * @property {Value[]} boundary_jump
 * @property {Value[]} percentile_10
 * @property {Value[]} percentile_25
 * @property {Value[]} percentile_50
 * @property {Value[]} percentile_75
 * @property {Value[]} percentile_90
 * @property {Value[]} min
 * @property {Value[]} max
 */

/**
 * @typedef {object} TimestepAnswer The answer of `api/loss/by_timestep`.
 * @property {string} timestamp
 * @property {Value[]} losses
 * @property {number[]} batch_indices
 * @property {Value} mean_loss
 * @property {Value} std_loss
 * @property {Value} min_loss
 * @property {Value} max_loss
 * @property {number} num_batches
 * @property {string} unit
 * @property {Record<string, string | number>} [summary]
 * @property {string[]} [mismatch]
 */

/**
 * @typedef {object} DroppedAnswer The answer of `api/loss/dropped`.
 * @property {number} dropped
 * @property {string[]} labels
 * @property {number[]} place Position among the timesteps of the run.
 * @property {number[]} attempt
 * @property {Value[]} mean
 * @property {Value[]} min
 * @property {Value[]} max
 */

/**
 * @typedef {"range" | "batches" | "smooth" | "online" | "timestep" | "statistics" | "dropped"}
 *   Asked
 */

/**
 * @typedef {object} Fetched Answers to what the user asked for beyond the stream; `null` where
 *   nothing was asked for or has come yet.
 * @property {RangeAnswer | null} range Timesteps, finer than the stream has them.
 * @property {RangeAnswer | null} batches Where the axis counts batches, and few are shown.
 * @property {RangeAnswer | null} smooth Timesteps with the moving average.
 * @property {OnlineAnswer | null} online
 * @property {DroppedAnswer | null} dropped
 * @property {{index: number, answer: TimestepAnswer} | null} timestep
 * @property {{last: number, answer: Statistics} | null} statistics
 * @property {Partial<Record<Asked, string>>} errors Why the last request of a kind failed.
 */

/**
 * @typedef {object} Connection
 * @property {"connecting" | "live" | "reconnecting" | "polling"} status
 * @property {number | null} retry_at_ms When the next attempt begins, by this browser's clock.
 * @property {number | null} heard_at_ms When the server was last heard.
 * @property {number} clock_offset_s Server's clock minus this browser's.
 * @property {string} error What the server said when it refused, else empty.
 */

/**
 * @typedef {object} State What every panel is given.
 * @property {Data | null} data What is shown; `null` until the first answer.
 * @property {Data | null} live The newest of it: another one than `data` while paused.
 * @property {boolean} paused
 * @property {View} view
 * @property {Fetched} fetched
 * @property {Connection} connection
 */

/**
 * @typedef {object} Panel What `mount(element, store)` of a panel returns.
 * @property {(state: State) => void} update
 * @property {() => void} destroy
 */

export {};
