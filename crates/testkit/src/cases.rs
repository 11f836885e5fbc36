//! The list of all cases, and what makes tests of it.

/// Hands the list of all cases to a macro: `run SUBJECT { CASES }`, where `run` is the function that runs the cases.
/// With `= SERIES` behind the subject, the cases of [`series`](crate::series) run for that type too; with
/// `entries ENTRIES` the cases of [`entries`](crate::entries), and with `keyed ROWS` those of [`keyed`](crate::keyed).
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases {
    ($($then:tt)+) => {
        $($then)+! {
            run contract {
                details_come_back_as_written,
                an_empty_batch_does_nothing,
                details_are_replaced,
                equal_details_change_nothing,
                the_last_row_of_a_contract_wins,
                an_invalid_row_stores_nothing,
                simulated_details_need_permission,
                a_quote_makes_its_contract_known,
                a_quote_changes_no_details,
                a_list_is_ordered,
                a_list_holds_what_was_asked_for,
                a_contract_appears_when_it_is_known_to_be_listed,
                a_contract_appears_when_it_was_quoted,
                an_expired_contract_does_not_appear,
                pages_are_complete_and_in_order,
                pages_are_stable_while_contracts_are_written,
                a_foreign_cursor_is_refused,
                a_cursor_of_another_engine_leads_on,
                statistics_count_contracts,
                contracts_cannot_be_purged,
            }
            run chain = Quotes {
                every_field_comes_back,
                missing_is_not_zero,
                a_chain_holds_the_last_quote_of_each_contract,
                as_of_ignores_later_knowledge,
                as_of_returns_what_was_believed_then,
                a_row_tells_its_age,
                the_maximal_age_is_inclusive,
                a_negative_age_is_refused,
                no_contract_appears_before_it_was_quoted,
                no_contract_appears_after_it_expired,
                adjusted_contracts_must_be_asked_for,
                filters_keep_what_they_name,
                rows_are_ordered_over_all_roots,
                an_unknown_underlying_gives_an_empty_chain,
                details_tell_the_underlying,
                an_invalid_quote_is_named_by_its_contract,
                a_wide_chain_is_whole,
                every_row_of_a_huge_batch_counts,
                stored_rows_at_the_ends_of_a_huge_batch_are_compared,
            }
            run question {
                expirations_within_some_days_seen_within_an_hour,
                liquid_strikes_of_an_expiration_and_type,
                a_quote_tells_what_its_option_is_worth,
                days_moneyness_and_spot_are_those_of_the_date,
                volume_is_that_of_the_last_quote_of_a_day,
                volume_keeps_to_the_window_and_both_limits,
                without_calls_there_is_no_ratio,
            }
            run snapshot = Snapshots {
                a_header_is_stored_with_its_quotes,
                every_field_comes_back,
                a_wrong_quote_stores_nothing,
                a_wrong_header_stores_nothing,
                a_header_with_quotes_is_kept_in_versions,
                quotes_are_treated_as_by_themselves,
                a_purge_of_headers_leaves_their_quotes,
            }
            run underlying = UnderlyingQuotes {
                every_field_comes_back,
                symbols_are_told_apart,
                the_last_quote_of_every_symbol_is_found,
                the_last_quotes_keep_to_both_limits,
                old_last_quotes_are_left_out,
            }
            run bar = Bars {
                every_field_comes_back,
                a_bar_is_not_seen_before_its_end,
                timeframes_do_not_mix,
                options_have_bars_too,
            }
            run aggregate {
                a_bar_holds_its_start_and_not_its_end,
                a_bar_is_not_seen_before_its_end,
                a_daily_bar_ends_with_the_close,
                a_price_is_the_last_trade_or_the_mid,
                a_bars_volume_is_what_its_day_grew_by,
                a_volume_that_fell_is_missing,
                bars_are_what_was_believed,
                another_timeframe_is_refused,
                an_hour_tells_what_was_traded_in_it,
                an_hour_tells_the_mean_volatility_of_those_quoted,
                expired_contracts_are_not_quoted,
                hours_are_what_was_believed,
                a_day_tells_what_was_traded_on_it,
                more_than_a_hundred_years_are_refused,
                what_is_kept_is_what_is_computed,
            }
            run economic = Observations {
                a_value_counts_from_the_end_of_its_day,
                a_value_is_not_seen_before_it_was_published,
                rates_may_be_negative,
                a_day_out_of_range_is_refused,
            }
            run greeks = Greeks {
                every_field_comes_back,
                models_and_revisions_do_not_mix,
                greeks_make_their_contract_known,
                greeks_put_no_contract_into_a_chain,
                outdated_greeks_are_found,
                an_outdated_place_is_listed_once,
                pages_of_outdated_greeks_are_complete,
            }
            run heston = Heston {
                every_field_comes_back,
                fellers_condition_is_told_by_the_parameters,
            }
            run sabr = Sabr {
                every_field_comes_back,
                a_surface_is_that_of_the_last_calibration,
                a_surface_is_what_was_believed_then,
            }
            run svi = Svi {
                every_field_comes_back,
                a_surface_is_that_of_the_last_calibration,
                a_surface_is_what_was_believed_then,
            }
            run ou = Ou {
                every_field_comes_back,
            }
            run feature = FeatureRows {
                every_field_comes_back,
                a_range_is_read_as_it_was_known,
                the_day_is_new_yorks,
            }
            run backtest entries Backtests {
                every_field_comes_back,
                values_out_of_range_are_refused,
                filters_keep_what_they_name,
            }
            run prediction entries Predictions {
                every_field_comes_back,
                inputs_and_outputs_are_objects,
                filters_keep_what_they_name,
                the_last_prediction_keeps_to_both_limits,
                of_one_instant_the_greatest_identity_is_last,
            }
            run signal entries Signals {
                every_field_comes_back,
                values_out_of_range_are_refused,
                filters_keep_what_they_name,
                a_life_has_one_end,
                an_unknown_signal_cannot_move,
                signals_expire_at_the_end_of_their_time,
                performance_is_told_by_symbol,
                performance_is_told_by_day,
                a_filter_out_of_range_is_refused,
            }
            run order entries Orders {
                every_field_comes_back,
                orders_that_make_no_sense_are_refused,
                an_order_told_again_is_unchanged_in_any_state,
                the_brokers_identity_is_of_one_order,
                filters_keep_what_they_name,
                a_life_goes_its_ways,
                a_move_tells_what_the_broker_said,
                an_unknown_order_cannot_move,
                the_average_price_is_exact,
            }
            run execution entries Executions {
                every_field_comes_back,
                values_out_of_range_are_refused,
                executions_fill_their_order,
                an_execution_told_again_is_unchanged,
                accounts_have_identities_of_their_own,
                an_order_is_never_overfilled,
                an_execution_needs_its_order,
                what_happened_before_the_end_is_taken_late,
                filters_keep_what_they_name,
                random_lives_add_up,
            }
            run position keyed Positions {
                every_field_comes_back,
                amounts_out_of_range_are_refused,
                filters_keep_what_they_name,
            }
            run account entries Accounts {
                every_field_comes_back,
                snapshots_that_make_no_sense_are_refused,
                a_fetch_told_again_is_the_same_snapshot,
                filters_keep_what_they_name,
                the_latest_keeps_to_both_limits,
                the_maximal_age_is_inclusive,
                simulated_snapshots_need_permission,
            }
            run portfolio = Portfolios {
                every_field_comes_back,
                values_out_of_range_are_refused,
                an_account_has_a_history_of_its_worth,
            }
            run audit entries Audit {
                every_field_comes_back,
                values_out_of_range_are_refused,
                filters_keep_what_they_name,
                each_new_entry_is_recorded,
                a_change_is_recorded_with_both_values,
                changes_of_many_entries_are_recorded_one_by_one,
                a_keyed_row_is_recorded_with_both_values,
                rows_in_bulk_are_recorded_by_their_counts,
                a_purge_is_recorded,
                an_eviction_is_recorded,
                migrations_are_recorded,
                a_compaction_is_recorded,
                an_entry_in_the_name_of_another_is_refused,
                what_changes_nothing_is_not_recorded,
                what_fails_is_not_recorded,
                the_audit_does_not_record_itself,
                an_actor_is_named_with_address_and_program,
                an_audited_store_shares_its_rows,
                an_audited_store_closes_with_the_other,
                a_dropped_write_is_recorded_if_it_landed,
                two_actors_are_told_apart,
                a_filter_out_of_range_is_refused,
            }
            run access keyed Users {
                every_field_comes_back,
                a_mail_address_belongs_to_one_user,
                filters_keep_what_they_name,
                the_last_login_is_noted,
                a_new_store_has_nine_permissions,
                permissions_are_granted_and_taken_back,
                a_user_may_do_what_the_role_permits,
                the_audit_tells_that_a_password_changed,
                a_login_needs_a_known_active_user_and_the_password,
            }
            run configuration keyed Settings {
                every_field_comes_back,
                a_prefix_keeps_what_starts_with_it,
                the_past_of_a_setting_is_in_the_audit,
            }
            run quality entries Quality {
                every_field_comes_back,
                a_score_is_a_part_of_one,
                filters_keep_what_they_name,
                a_filter_out_of_range_is_refused,
            }
            run cache keyed CacheEntries {
                every_field_comes_back,
                values_out_of_range_are_refused,
                filters_keep_what_they_name,
                uses_add_up,
                a_count_of_uses_has_an_end,
                a_use_makes_no_entry,
                a_new_fetch_starts_a_new_count,
                deleted_entries_are_counted,
                a_lease_has_one_owner,
                a_lease_that_ran_out_gives_way,
                an_owner_can_keep_a_lease,
                a_lease_is_given_up_by_its_owner,
                a_lease_without_a_time_is_refused,
            }
            run coverage keyed CoveredDays {
                every_field_comes_back,
                days_out_of_range_are_refused,
                filters_keep_what_they_name,
            }
            run spending entries FetchCosts {
                every_field_comes_back,
                filters_keep_what_they_name,
                spending_is_told_by_provider,
                a_charge_keeps_to_the_cap,
                a_charge_told_again_is_not_counted_twice,
                a_cap_is_of_one_month,
            }
            run run entries Runs {
                every_field_comes_back,
                runs_that_make_no_sense_are_refused,
                a_run_told_again_is_unchanged_in_any_state,
                filters_keep_what_they_name,
                steps_add_up,
                a_step_told_again_changes_nothing,
                a_step_that_makes_no_sense_is_refused,
                a_run_ends_once,
                an_unknown_run_takes_no_step,
                rejects_are_told_by_run,
                a_refused_step_leaves_everything,
                a_dropped_step_is_recorded_whole_or_not_at_all,
            }
            run watermark keyed Watermarks {
                every_field_comes_back,
                filters_keep_what_they_name,
                watermarks_move_with_the_step,
                a_watermark_never_moves_back,
                a_reset_watermark_may_move_back,
                a_foreign_watermark_is_refused,
            }
            run strategy keyed Strategies {
                every_field_comes_back,
                values_out_of_range_are_refused,
                filters_keep_what_they_name,
                a_status_is_set,
                an_unknown_strategy_has_no_status,
            }
            run event entries Events {
                every_field_comes_back,
                a_message_has_an_end,
                filters_keep_what_they_name,
                a_purge_below_a_severity_keeps_what_matters,
            }
            run state entries States {
                every_field_comes_back,
                filters_keep_what_they_name,
                the_state_at_an_instant_is_the_last_one,
            }
            run metrics = StoredOnes {
                every_field_comes_back,
                scopes_and_windows_do_not_mix,
                values_out_of_range_are_refused,
            }
            run journal entries JournalEvents {
                every_field_comes_back,
                an_event_learned_again_changes_nothing,
                events_make_their_cycle_and_trades,
                a_late_event_takes_its_place,
                a_lot_that_is_no_more_takes_its_trade_along,
                events_of_a_cycle_are_in_their_order,
                events_that_do_not_fit_store_nothing,
                what_is_rebuilt_equals_what_is_stored,
                a_rebuild_mends_what_was_changed,
                an_unknown_cycle_cannot_be_rebuilt,
                what_an_owner_wrote_stays,
                filters_of_events_keep_what_they_name,
                filters_of_cycles_keep_what_they_name,
                a_long_cycle_is_whole,
            }
            run import entries ImportedRows {
                every_field_comes_back,
                rows_that_make_no_sense_are_refused,
                a_row_told_again_in_another_file_is_unchanged,
                what_becomes_of_a_row_is_replaced,
                filters_keep_what_they_name,
                simulated_rows_need_permission,
            }
            run trade entries Trades {
                every_field_comes_back,
                missing_is_not_zero,
                values_out_of_range_are_refused,
                a_trade_is_replaced,
                a_finalised_trade_changes_only_in_its_review,
                filters_keep_what_they_name,
            }
            run note entries Notes {
                every_field_comes_back,
                filters_keep_what_they_name,
            }
            run rule keyed Rules {
                rules_in_force_are_told_apart,
            }
            run daily keyed Days {
                filters_keep_what_they_name,
            }
            run risk keyed RiskStates {
                a_prefix_is_taken_by_its_letters,
                a_filter_out_of_range_is_refused,
            }
            run input {
                fields_of_option_quotes_are_checked,
                fields_of_underlying_quotes_are_checked,
                fields_of_bars_are_checked,
                fields_of_observations_are_checked,
                fields_of_greeks_are_checked,
                fields_of_models_are_checked,
                fields_of_features_are_checked,
                crossed_and_locked_markets_are_kept,
                counts_are_exact,
                strikes_are_exact,
                names_are_checked_by_their_types,
                the_bounds_of_time_are_usable,
            }
            run maintenance {
                an_opened_store_is_migrated,
                migrating_again_changes_nothing,
                undoing_migrations_loses_no_rows,
                undoing_nothing_is_fine,
                statistics_list_every_dataset,
                compacting_changes_nothing,
                compacting_gives_space_back,
                a_purge_leaves_other_datasets_alone,
            }
            run eviction {
                one_subject_goes_with_its_versions,
                what_was_learned_later_stays,
                other_sources_stay,
                what_goes_is_counted_before,
                everything_else_stays,
                contracts_follow_their_details,
            }
            run store {
                an_opened_store_answers,
                a_closed_store_refuses_every_call,
                errors_tell_where_they_come_from,
                capabilities_tell_the_truth,
                a_reopened_store_holds_everything,
                closing_waits_for_running_calls,
                places_are_apart,
                pointers_forward_every_call,
                a_dropped_write_stores_all_or_none,
                a_dropped_snapshot_is_stored_whole_or_not_at_all,
                a_dropped_read_does_no_harm,
            }
            run_on_threads concurrency {
                readers_see_whole_batches,
                two_writers_agree,
                the_same_batch_lands_once,
                many_callers_are_served,
                stores_of_one_place_share_it,
                writers_of_one_store_fill_an_order_exactly,
                writers_of_two_stores_fill_an_order_exactly,
                callers_of_one_store_share_a_cache,
                callers_of_two_stores_share_a_cache,
            }
            run model {
                answers_are_those_of_the_specification,
                no_answer_passes_its_limits,
                later_knowledge_changes_no_earlier_answer,
                a_chain_holds_the_last_row_of_each_list,
            }
        }
    };
}

/// Hands the list of the cases that all series share to a macro, behind some tokens of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! with_series_cases {
    ([$($then:tt)+] $($tokens:tt)*) => {
        $($then)+! {
            $($tokens)*
            // reading
            rows_come_back_as_written_and_oldest_first,
            numbers_come_back_to_the_last_bit,
            instants_of_all_years_come_back,
            an_unknown_key_has_nothing,
            series_do_not_mix,
            the_event_limit_is_inclusive,
            the_knowledge_limit_is_inclusive,
            both_limits_hold_together,
            a_list_starts_at_from,
            pages_are_complete_and_in_order,
            pages_are_stable_while_rows_are_written,
            a_foreign_cursor_is_refused,
            a_cursor_stays_within_the_query,
            a_cursor_of_another_engine_leads_on,
            // changes
            changes_are_every_version_in_order,
            changes_start_at_from_on_either_clock,
            changes_end_at_until_on_both_clocks,
            pages_of_changes_are_complete_and_in_order,
            a_foreign_cursor_of_changes_is_refused,
            // history
            writing_again_changes_nothing,
            a_correction_keeps_what_was_believed_before,
            writing_again_after_a_correction_changes_nothing,
            a_correction_can_be_taken_back,
            a_correction_in_the_same_instant_replaces,
            a_late_version_takes_its_place_in_the_past,
            a_late_version_before_the_first_is_kept,
            the_source_is_part_of_a_version,
            the_last_row_of_a_key_wins,
            counts_of_a_mixed_batch_add_up,
            // writing
            an_empty_batch_does_nothing,
            an_invalid_row_stores_nothing,
            simulated_rows_need_permission,
            a_large_batch_is_stored_whole,
            a_purge_keeps_the_row_at_its_instant,
            statistics_count_rows_and_versions,
        }
    };
}

/// Hands the list of the cases that all entries share to a macro, behind some tokens of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! with_entry_cases {
    ([$($then:tt)+] $($tokens:tt)*) => {
        $($then)+! {
            $($tokens)*
            entries_come_back_as_written,
            telling_again_changes_nothing,
            an_identity_belongs_to_one_entry,
            an_empty_batch_does_nothing,
            an_invalid_entry_stores_nothing,
            an_unknown_identity_has_no_entry,
            a_list_is_in_the_order_of_time,
            both_ends_of_a_list_are_included,
            pages_are_the_list_cut,
            a_foreign_cursor_is_refused,
            a_cursor_of_another_engine_leads_on,
            a_purge_keeps_the_entry_at_its_instant,
            statistics_count_entries,
        }
    };
}

/// Hands the list of the cases that all keyed rows share to a macro, behind some tokens of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! with_keyed_cases {
    ([$($then:tt)+] $($tokens:tt)*) => {
        $($then)+! {
            $($tokens)*
            rows_come_back_in_the_order_of_their_keys,
            a_row_takes_the_place_of_the_one_with_its_key,
            telling_again_changes_nothing,
            the_last_row_of_a_key_wins,
            an_empty_batch_does_nothing,
            an_invalid_row_stores_nothing,
            a_large_batch_is_stored_whole,
            a_deleted_row_is_gone,
            rows_cannot_be_purged,
            statistics_count_rows,
        }
    };
}

/// Makes a test of every case for an engine: `contract_tests!(duckdb, DuckDb)` gives tests named
/// `duckdb::SUBJECT::CASE`. The second argument is an expression of a type that implements [`Harness`](crate::Harness).
#[macro_export]
macro_rules! contract_tests {
    ($engine:ident, $harness:expr) => {
        mod $engine {
            #[allow(unused_imports)]
            use super::*;

            fn harness() -> impl $crate::Harness {
                $harness
            }

            $crate::with_cases!($crate::subject_tests);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! subject_tests {
    ($($run:ident $subject:ident $(= $series:ident)? $(entries $entries:ident)? $(keyed $keyed:ident)? { $($case:ident),* $(,)? })*) => {
        $(mod $subject {
            use super::harness;

            $($crate::with_series_cases! { [$crate::series_tests] $run $subject $series })?
            $($crate::with_entry_cases! { [$crate::entry_tests] $run $subject $entries })?
            $($crate::with_keyed_cases! { [$crate::keyed_tests] $run $subject $keyed })?

            $(
                #[test]
                fn $case() {
                    $crate::$run(harness(), $crate::$subject::$case);
                }
            )*
        })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! series_tests {
    ($run:ident $subject:ident $series:ident $($case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                $crate::$run(harness(), $crate::series::$case::<$crate::$subject::$series>);
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! entry_tests {
    ($run:ident $subject:ident $entries:ident $($case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                $crate::$run(harness(), $crate::entries::$case::<$crate::$subject::$entries>);
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! keyed_tests {
    ($run:ident $subject:ident $rows:ident $($case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                $crate::$run(harness(), $crate::keyed::$case::<$crate::$subject::$rows>);
            }
        )*
    };
}
