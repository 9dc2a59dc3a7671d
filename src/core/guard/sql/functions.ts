/** Which functions a reading statement may call, and which are worse than unknown. */
import { because, type Reason } from '../classes.ts';

function names(list: string): string[] {
  return list.trim().split(/\s+/);
}

/**
 * Read and calculate only, in every overload that PostgreSQL 13 to 18 have; `functions.test.ts` asks a real server.
 * What sleeps, locks, signals, writes, runs text as SQL or reads files of the server is not among them.
 */
export const readingFunctions: ReadonlySet<string> = new Set([
  ...names(`count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and
    bool_or every bit_and bit_or stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp
    regr_slope regr_intercept regr_r2 regr_count percentile_cont percentile_disc mode range_agg`),
  ...names(
    `row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value`,
  ),
  ...names(`abs ceil ceiling floor round trunc sign sqrt cbrt power exp ln log log10 mod div pi degrees radians sin cos
    tan asin acos atan atan2 gcd lcm width_bucket scale min_scale trim_scale factorial random`),
  ...names(`length char_length character_length octet_length bit_length lower upper initcap btrim ltrim rtrim lpad rpad
    left right substr substring overlay position strpos split_part replace translate reverse repeat concat concat_ws
    format quote_ident quote_literal quote_nullable ascii chr md5 sha256 sha512 encode decode to_hex starts_with
    regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table string_to_array
    array_to_string unistr normalize is_normalized convert_from convert_to like_escape similar_to_escape`),
  ...names(`now current_date transaction_timestamp statement_timestamp clock_timestamp timeofday age date_part
    date_trunc date_bin extract make_date make_time make_timestamp make_timestamptz make_interval to_char to_date
    to_timestamp to_number justify_days justify_hours justify_interval isfinite timezone overlaps`),
  ...names(`array_length array_upper array_lower array_ndims array_dims array_position array_positions array_append
    array_prepend array_cat array_remove array_replace cardinality unnest generate_series generate_subscripts
    row_to_json to_json to_jsonb json_build_object jsonb_build_object json_build_array jsonb_build_array json_object
    jsonb_object json_array_length jsonb_array_length json_array_elements jsonb_array_elements
    json_array_elements_text jsonb_array_elements_text json_each jsonb_each json_each_text jsonb_each_text
    json_extract_path jsonb_extract_path json_extract_path_text jsonb_extract_path_text json_object_keys
    jsonb_object_keys json_typeof jsonb_typeof json_strip_nulls jsonb_strip_nulls jsonb_pretty jsonb_set
    jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists jsonb_path_match
    json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset`),
  ...names(`host masklen netmask network broadcast family hostmask set_masklen inet_same_family abbrev
    isempty lower_inc upper_inc lower_inf upper_inf range_merge num_nulls num_nonnulls
    int4range int8range numrange tsrange tstzrange daterange gen_random_uuid hashtext hashtextextended`),
  ...names(`to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd
    ts_headline numnode querytree strip`),
  ...names(`version current_database current_schema current_schemas current_setting current_user session_user
    current_role pg_backend_pid pg_postmaster_start_time pg_conf_load_time inet_client_addr inet_client_port
    inet_server_addr inet_server_port pg_blocking_pids pg_safe_snapshot_blocking_pids pg_my_temp_schema
    pg_is_other_temp_schema pg_trigger_depth pg_jit_available`),
  ...names(`has_table_privilege has_any_column_privilege has_column_privilege has_schema_privilege
    has_database_privilege has_function_privilege has_sequence_privilege has_tablespace_privilege
    has_type_privilege has_language_privilege has_server_privilege pg_has_role row_security_active
    acldefault aclexplode makeaclitem`),
  ...names(`pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_functiondef pg_get_triggerdef pg_get_ruledef
    pg_get_expr pg_get_userbyid pg_get_serial_sequence pg_get_function_arguments pg_get_function_result
    pg_get_function_identity_arguments pg_get_partkeydef pg_get_partition_constraintdef pg_get_statisticsobjdef
    pg_get_keywords pg_get_replica_identity_index pg_describe_object pg_identify_object obj_description
    col_description shobj_description format_type to_regclass to_regproc to_regtype to_regrole to_regnamespace
    pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_index_column_has_property
    pg_index_has_property pg_indexam_has_property pg_options_to_table pg_typeof pg_collation_for
    pg_collation_actual_version pg_encoding_to_char pg_char_to_encoding pg_relation_filenode
    pg_filenode_relation pg_partition_tree pg_partition_ancestors pg_partition_root pg_tablespace_databases
    pg_tablespace_location`),
  ...names(`pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size
    pg_tablespace_size pg_size_pretty pg_size_bytes pg_column_size pg_column_compression
    pg_ls_waldir pg_ls_logdir pg_ls_tmpdir pg_ls_archive_statusdir`),
  ...names(`pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_is_in_recovery pg_is_wal_replay_paused
    pg_get_wal_replay_pause_state pg_wal_lsn_diff pg_walfile_name pg_walfile_name_offset pg_last_committed_xact
    pg_xact_commit_timestamp pg_xact_status pg_current_xact_id_if_assigned txid_current_if_assigned
    pg_current_snapshot txid_current_snapshot pg_snapshot_xmin pg_snapshot_xmax pg_visible_in_snapshot
    txid_snapshot_xmin txid_snapshot_xmax mxid_age pg_get_multixact_members pg_control_checkpoint
    pg_control_system pg_control_recovery pg_control_init`),
  ...names(`pg_lock_status pg_prepared_xact pg_get_replication_slots pg_show_all_settings pg_show_all_file_settings
    pg_hba_file_rules pg_sequence_last_value pg_sequence_parameters pg_timezone_names pg_timezone_abbrevs
    pg_available_extensions pg_available_extension_versions pg_extension_update_paths pg_config
    pg_event_trigger_ddl_commands pg_cursor pg_prepared_statement`),
]);

/** `pg_stat_get_numscans` and its like read counters. */
const readingPrefixes = ['pg_stat_get_'];

/** Views of extensions that are functions underneath; they read counters. */
const readingOfExtensions: ReadonlySet<string> = new Set(
  names(
    'pg_stat_statements pg_stat_statements_info pgstattuple pgstatindex pgstattuple_approx pg_buffercache_pages',
  ),
);

type Judged = readonly [level: Reason['class'], id: string, text: string];

const dynamic: Judged = ['forbidden', 'sql.runs-text', 'runs text as SQL that cannot be seen here'];
const outside: Judged = ['forbidden', 'sql.reaches-outside', 'reaches out of the database'];
const files: Judged = ['forbidden', 'sql.server-files', 'reads or writes files of the server'];
const corrupts: Judged = ['forbidden', 'sql.damages-storage', 'changes stored pages past all checks'];
const slots: Judged = ['destructive', 'sql.moves-slot', 'changes what a replication slot keeps'];
const loses: Judged = ['destructive', 'sql.loses-data', 'data may be lost'];

const worse: readonly (readonly [RegExp, Judged])[] = [
  [/^dblink/, outside],
  [/^postgres_fdw/, outside],
  [/^(http|http_.*|net_http.*|aws_.*)$/, outside],
  [
    /^(pg_read_file|pg_read_binary_file|pg_read_server_files?|pg_ls_dir|pg_stat_file|pg_file_.*|pg_logdir_ls)$/,
    files,
  ],
  [/^(pg_ls_logicalsnapdir|pg_ls_logicalmapdir|pg_ls_replslotdir)$/, files],
  [/^(lo_import|lo_export|be_lo_import|be_lo_export)$/, files],
  [/^(query_to_xml|query_to_xmlschema|query_to_xml_and_xmlschema|cursor_to_xml.*)$/, dynamic],
  [/^(ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table|normal_rand_sql)$/, dynamic],
  [
    /^(pg_background_.*|exec|execute|execute_sql|eval|run_sql|schedule|schedule_in_database|alter_job)$/,
    dynamic,
  ],
  [/^(heap_force_kill|heap_force_freeze|pg_resetwal|binary_upgrade_.*|update_process_title_raw)$/, corrupts],
  [/^(pg_truncate_visibility_map|pg_promote|lo_unlink|lo_truncate.*|lo_put|lowrite|lo_from_bytea)$/, loses],
  [/^(pg_drop_replication_slot|pg_replication_slot_advance|pg_logical_slot_get_.*)$/, slots],
  [/^(pg_replication_origin_(drop|advance|.*_reset)|pg_drop_.*)$/, slots],
  [/^setval$/, ['destructive', 'sql.setval', 'a sequence set back gives out numbers that are in use']],
  [/^(pg_terminate_backend|pg_cancel_backend)$/, ['risky', 'sql.ends-session', "ends somebody's work"]],
  [/^pg_sleep/, ['risky', 'sql.sleeps', 'holds a connection and its snapshot']],
  [/^pg_(try_)?advisory/, ['risky', 'sql.locks', 'takes a lock that others may wait for']],
];

/**
 * What calling a function means. Only those of pg_catalog, named so or not at all, can be known; with
 * `search_path = pg_catalog` an unqualified name means what it says.
 */
export function judgeFunction(qualified: readonly string[]): Reason | undefined {
  const name = qualified.at(-1) ?? '';
  const schema = qualified.slice(0, -1).join('.');
  const shown = qualified.join('.');
  const found = worse.find(([pattern]) => pattern.test(name.toLowerCase()));
  if (found) {
    const [level, id, text] = found[1];
    return because(level, id, `${shown}() ${text}`);
  }
  if (schema !== '' && schema !== 'pg_catalog')
    return because(
      'risky',
      'sql.unknown-function',
      `${shown}() is nobody's but ${schema}'s: it may do anything`,
    );
  const isKnown =
    readingFunctions.has(name) ||
    readingOfExtensions.has(name) ||
    readingPrefixes.some((prefix) => name.startsWith(prefix));
  return isKnown
    ? undefined
    : because('risky', 'sql.unknown-function', `${shown}() is not known to only read`);
}
