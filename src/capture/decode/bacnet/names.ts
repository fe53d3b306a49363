/** Names by number, as ASHRAE 135 (clause 21) has them: services, object types, properties, errors; and vendors. */

/** Words of a list, by their place in it. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const CONFIRMED = words(`
  acknowledge_alarm confirmed_cov_notification confirmed_event_notification get_alarm_summary
  get_enrollment_summary subscribe_cov atomic_read_file atomic_write_file add_list_element
  remove_list_element create_object delete_object read_property read_property_conditional
  read_property_multiple write_property write_property_multiple device_communication_control
  confirmed_private_transfer confirmed_text_message reinitialize_device vt_open vt_close vt_data
  authenticate request_key read_range life_safety_operation subscribe_cov_property
  get_event_information subscribe_cov_property_multiple confirmed_cov_notification_multiple
  confirmed_audit_notification audit_log_query`);

const UNCONFIRMED = words(`
  i_am i_have unconfirmed_cov_notification unconfirmed_event_notification
  unconfirmed_private_transfer unconfirmed_text_message time_synchronization who_has who_is
  utc_time_synchronization write_group unconfirmed_cov_notification_multiple
  unconfirmed_audit_notification who_am_i you_are`);

const OBJECT_TYPES = words(`
  analog_input analog_output analog_value binary_input binary_output binary_value calendar
  command device event_enrollment file group loop multi_state_input multi_state_output
  notification_class program schedule averaging multi_state_value trend_log life_safety_point
  life_safety_zone accumulator pulse_converter event_log global_group trend_log_multiple
  load_control structured_view access_door timer access_credential access_point access_rights
  access_user access_zone credential_data_input network_security bitstring_value
  characterstring_value date_pattern_value date_value datetime_pattern_value datetime_value
  integer_value large_analog_value octetstring_value positive_integer_value time_pattern_value
  time_value notification_forwarder alert_enrollment channel lighting_output
  binary_lighting_output network_port elevator_group escalator lift staging audit_log
  audit_reporter color color_temperature`);

const PROPERTIES = words(`
  acked_transition ack_required action action_text active_text active_vt_session alarm_value
  alarm_values all all_writes_successful apdu_segment_timeout apdu_timeout
  application_software_version archive bias change_of_state_count change_of_state_time
  notification_class - controlled_variable_reference controlled_variable_units
  controlled_variable_value cov_increment date_list daylights_savings_status deadband
  derivative_constant derivative_constant_units description description_of_halt
  device_address_binding device_type effective_period elapsed_active_time error_limit
  event_enable event_state event_type exception_schedule fault_values feedback_value
  file_access_method file_size file_type firmware_revision high_limit inactive_text in_process
  instance_of integral_constant integral_constant_units issue_confirmed_notifications
  limit_enable list_of_group_members list_of_object_property_references list_of_session_keys
  local_date local_time location low_limit manipulated_variable_reference maximum_output
  max_apdu_length_accepted max_info_frames max_master max_pres_value minimum_off_time
  minimum_on_time minimum_output min_pres_value model_name modification_date notify_type
  number_of_apdu_retries number_of_states object_identifier object_list object_name
  object_property_reference object_type optional out_of_service output_units event_parameters
  polarity present_value priority priority_array priority_for_writing process_identifier
  program_change program_location program_state proportional_constant
  proportional_constant_units protocol_conformance_class protocol_object_types_supported
  protocol_services_supported protocol_version read_only reason_for_halt recipient
  recipient_list reliability relinquish_default required resolution segmentation_supported
  setpoint setpoint_reference state_text status_flags system_status time_delay
  time_of_active_time_reset time_of_state_count_reset time_synchronization_recipients units
  update_interval utc_offset vendor_identifier vendor_name vt_class_supported weekly_schedule
  attempted_samples average_value buffer_size client_cov_increment cov_resubscription_interval
  current_notify_time event_time_stamp log_buffer log_device_object_property enable log_interval
  maximum_value minimum_value notification_threshold previous_notify_time protocol_revision
  records_since_notification record_count start_time stop_time stop_when_full total_record_count
  valid_samples window_interval window_samples maximum_value_time_stamp minimum_value_time_stamp
  variance_value active_cov_subscriptions backup_failure_timeout configuration_files
  database_revision direct_reading last_restore_time maintenance_required member_of mode
  operation_expected setting silenced tracking_value zone_members life_safety_alarm_values
  max_segments_accepted profile_name`);
/** Later ones that say who a device is. */
const LATER_PROPERTIES: Readonly<Record<number, string>> = {
  209: 'structured_object_list',
  240: 'fault_type',
  371: 'property_list',
  372: 'serial_number',
  376: 'tags',
  507: 'profile_location',
};

const ERROR_CLASSES = words('device object property resources security services vt communication');

const ERROR_CODES = words(`
  other authentication_failed configuration_in_progress device_busy
  dynamic_creation_not_supported file_access_denied incompatible_security_levels
  inconsistent_parameters inconsistent_selection_criterion invalid_data_type
  invalid_file_access_method invalid_file_start_position invalid_operator_name
  invalid_parameter_data_type invalid_time_stamp key_generation_error missing_required_parameter
  no_objects_of_specified_type no_space_for_object no_space_to_add_list_element
  no_space_to_write_property no_vt_sessions_available property_is_not_a_list
  object_deletion_not_permitted object_identifier_already_exists operational_problem
  password_failure read_access_denied security_not_supported service_request_denied timeout
  unknown_object unknown_property removed_enumeration unknown_vt_class unknown_vt_session
  unsupported_object_type value_out_of_range vt_session_already_closed
  vt_session_termination_failure write_access_denied character_set_not_supported
  invalid_array_index cov_subscription_failed not_cov_property
  optional_functionality_not_supported invalid_configuration_data datatype_not_supported
  duplicate_name duplicate_object_id property_is_not_an_array abort_buffer_overflow
  abort_invalid_apdu_in_this_state abort_preempted_by_higher_priority_task
  abort_segmentation_not_supported abort_proprietary abort_other invalid_tag network_down
  reject_buffer_overflow reject_inconsistent_parameters reject_invalid_parameter_data_type
  reject_invalid_tag reject_missing_required_parameter reject_parameter_out_of_range
  reject_too_many_arguments reject_undefined_enumeration reject_unrecognized_service
  reject_proprietary reject_other unknown_device unknown_route value_not_initialized
  invalid_event_state no_alarm_configured log_buffer_full logged_value_purged
  no_property_specified not_configured_for_triggered_logging unknown_subscription
  parameter_out_of_range list_element_not_found busy communication_disabled success
 `);

const REJECT_REASONS = words(`
  other buffer_overflow inconsistent_parameters invalid_parameter_data_type invalid_tag
  missing_required_parameter parameter_out_of_range too_many_arguments undefined_enumeration
  unrecognized_service`);

const ABORT_REASONS = words(`
  other buffer_overflow invalid_apdu_in_this_state preempted_by_higher_priority_task
  segmentation_not_supported security_error insufficient_security window_size_out_of_range
  application_exceeded_reply_time out_of_resources tsm_timeout apdu_too_long`);

/** Messages of the network layer (clause 6.2.4), and of the virtual link (annex J.2). */
const NETWORK_MESSAGES: Readonly<Record<number, string>> = {
  0: 'who_is_router_to_network',
  1: 'i_am_router_to_network',
  2: 'i_could_be_router_to_network',
  3: 'reject_message_to_network',
  4: 'router_busy_to_network',
  5: 'router_available_to_network',
  6: 'initialize_routing_table',
  7: 'initialize_routing_table_ack',
  8: 'establish_connection_to_network',
  9: 'disconnect_connection_to_network',
  18: 'what_is_network_number',
  19: 'network_number_is',
};
export const LINK_FUNCTIONS = words(`
  bvlc_result write_broadcast_distribution_table read_broadcast_distribution_table
  read_broadcast_distribution_table_ack forwarded_npdu register_foreign_device
  read_foreign_device_table read_foreign_device_table_ack delete_foreign_device_table_entry
  distribute_broadcast_to_network original_unicast_npdu original_broadcast_npdu secure_bvll`);

export const SEGMENTATION = words('both transmit receive none');
export const RESTARTS = words(`
  coldstart warmstart start_backup end_backup start_restore end_restore abort_restore
  activate_changes`);
export const COMMUNICATION = words('enable disable disable_initiation');

const named = (names: readonly string[], number: number, what: string): string => {
  const name = names[number];
  return name === undefined || name === '-' ? `${what}_${number}` : name;
};

export const confirmedService = (number: number): string =>
  named(CONFIRMED, number, 'confirmed_service');
export const unconfirmedService = (number: number): string =>
  named(UNCONFIRMED, number, 'unconfirmed_service');
export const objectType = (number: number): string => named(OBJECT_TYPES, number, 'object_type');
export const propertyName = (number: number): string =>
  LATER_PROPERTIES[number] ?? named(PROPERTIES, number, 'property');
export const errorClass = (number: number): string => named(ERROR_CLASSES, number, 'class');
export const errorCode = (number: number): string => named(ERROR_CODES, number, 'code');
export const rejectReason = (number: number): string => named(REJECT_REASONS, number, 'reason');
export const abortReason = (number: number): string => named(ABORT_REASONS, number, 'reason');
export const networkMessage = (number: number): string =>
  NETWORK_MESSAGES[number] ?? (number >= 0x80 ? 'vendor_network_message' : 'network_message');
