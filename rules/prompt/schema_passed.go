package prompt

import "strings"

// This file says what is passed: the members that the request types of the supported engines read, object by object, each
// group with the file that it was looked up in. A member is one of three things.
//
//   - Known: the reader reads it, or it changes nothing that this router decides. Another spelling of its name is refused.
//   - Refused unless the policy's allow has the key of its row: it changes who answers, what runs or what is shown.
//   - Opaque: reasoning that only the engine can read, and that it minted itself. See sealed.
//
// What no row names is read as text, as everything is, and passed.

// row is a group of members of one object.
type row struct {
	names string // with spaces between them
	allow string // the key of Bypasses that they need; "" for those that are known
	from  source
}

// source is where the members of a row were looked up: a repository and a path in it.
type source string

const (
	vllmChat        source = "vllm-project/vllm vllm/entrypoints/openai/chat_completion/protocol.py"
	vllmCompletion  source = "vllm-project/vllm vllm/entrypoints/openai/completion/protocol.py"
	vllmResponses   source = "vllm-project/vllm vllm/entrypoints/openai/responses/protocol.py"
	vllmMessages    source = "vllm-project/vllm vllm/entrypoints/anthropic/protocol.py"
	vllmEngine      source = "vllm-project/vllm vllm/entrypoints/openai/engine/protocol.py"
	vllmParts       source = "vllm-project/vllm vllm/entrypoints/chat_utils.py"
	vllmSampling    source = "vllm-project/vllm vllm/sampling_params.py"
	sglang          source = "sgl-project/sglang python/sglang/srt/entrypoints/openai/protocol.py"
	llamaSchema     source = "ggml-org/llama.cpp tools/server/server-schema.cpp"
	llamaCommon     source = "ggml-org/llama.cpp tools/server/server-common.cpp"
	litellmParams   source = "BerriAI/litellm litellm/types/utils.py"
	litellmRouter   source = "BerriAI/litellm litellm/router.py"
	litellmProxy    source = "BerriAI/litellm litellm/proxy/_types.py"
	openaiAPI       source = "openai/openai-openapi openapi.yaml"
	anthropicAPI    source = "anthropics/anthropic-sdk-python src/anthropic/types/beta"
	openRouter      source = "openrouter.ai docs/api-reference/chat-completion"
	azure           source = "Azure/azure-rest-api-specs specification/cognitiveservices/OpenAI.Inference"
	tgi             source = "huggingface/text-generation-inference router/src/lib.rs"
	hfTemplates     source = "huggingface/transformers src/transformers/utils/chat_template_utils.py"
	publishedModels source = "the chat templates of published models (chat_template.jinja)"
)

// topRows are the members of a whole body, those of all shapes together: gateways pass members of one shape on in another.
var topRows = []row{
	{from: openaiAPI, names: "model messages input prompt instructions stream stream_options max_tokens max_completion_tokens max_output_tokens n seed " +
		"stop suffix best_of echo temperature top_p frequency_penalty presence_penalty logit_bias logprobs top_logprobs response_format tools tool_choice " +
		"functions function_call parallel_tool_calls max_tool_calls reasoning reasoning_effort verbosity text modalities audio prediction metadata user " +
		"safety_identifier prompt_cache_key prompt_cache_retention service_tier store background include truncation web_search_options context_management"},
	{from: openaiAPI, names: "previous_response_id", allow: "previous_response_id"},
	{from: openaiAPI, names: "conversation", allow: "conversation"},
	{from: anthropicAPI, names: "system thinking output_config output_format stop_sequences top_k cache_control inference_geo speed betas"},
	{from: anthropicAPI, names: "container", allow: "container"},
	{from: anthropicAPI, names: "mcp_servers", allow: "mcp"},
	{from: vllmChat, names: "thinking_token_budget include_reasoning use_beam_search min_p repetition_penalty watermarking length_penalty stop_token_ids " +
		"include_stop_str_in_output ignore_eos min_tokens skip_special_tokens spaces_between_special_tokens truncate_prompt_tokens truncation_side " +
		"prompt_logprobs logprob_token_ids allowed_token_ids bad_words add_generation_prompt continue_final_message add_special_tokens " +
		"chat_template_kwargs media_io_kwargs mm_processor_kwargs structured_outputs priority request_id return_tokens_as_token_ids return_token_ids " +
		"routed_experts_prompt_start return_token_offsets return_prompt_text return_mm_kwargs cache_salt vllm_xargs repetition_detection stream_interval"},
	{from: vllmEngine, names: "guided_json guided_regex guided_choice guided_grammar guided_decoding_backend guided_whitespace_pattern structural_tag"},
	{from: vllmResponses, names: "enable_response_messages"},
	{from: vllmChat, names: "documents", allow: "documents"},
	{from: vllmChat, names: "chat_template", allow: "chat_template"},
	{from: vllmChat, names: "kv_transfer_params ec_transfer_params", allow: "kv_transfer_params"},
	{from: vllmChat, names: "session_id", allow: "session_params"},
	{from: vllmCompletion, names: "prompt_embeds", allow: "prompt_embeds"},
	{from: vllmResponses, names: "previous_response", allow: "previous_response"},
	{from: vllmResponses, names: "previous_input_messages", allow: "previous_input_messages"},
	{from: vllmEngine, names: "logits_processors", allow: "logit_processor"},
	{from: sglang, names: "regex ebnf json_schema stop_regex no_stop_trim return_hidden_states return_routed_experts routed_experts_start_len " +
		"return_cached_tokens_details return_prompt_token_ids return_meta_info separate_reasoning stream_reasoning max_dynamic_patch min_dynamic_patch " +
		"use_audio_in_video images_config custom_params rid extra_key ngram_corpus_id routed_dp_rank data_parallel_rank custom_labels task"},
	{from: sglang, names: "lora_path", allow: "lora"},
	{from: sglang, names: "session_params", allow: "session_params"},
	{from: sglang, names: "custom_logit_processor", allow: "logit_processor"},
	{from: sglang, names: "input_ids prompt_token_ids", allow: "token_ids"},
	{from: sglang, names: "input_embeds", allow: "prompt_embeds"},
	{from: sglang, names: "bootstrap_host bootstrap_port bootstrap_room disagg_prefill_dp_rank", allow: "kv_transfer_params"},
	{from: llamaSchema, names: "verbose timings_per_token cache_prompt return_tokens return_progress sse_ping_interval n_predict n_indent n_keep n_discard n_cmpl " +
		"n_cache_reuse t_max_predict_ms response_fields top_n_sigma xtc_probability xtc_threshold typical_p dynatemp_range dynatemp_exponent repeat_last_n " +
		"repeat_penalty dry_multiplier dry_base dry_allowed_length dry_penalty_last_n dry_sequence_breakers mirostat mirostat_tau mirostat_eta " +
		"adaptive_target adaptive_decay n_probs min_keep backend_sampling post_sampling_probs grammar grammar_type grammar_lazy grammar_triggers " +
		"preserved_tokens samplers chat_format reasoning_format parse_tool_calls reasoning_control reasoning_budget_tokens reasoning_budget_start_tag " +
		"reasoning_budget_end_tag reasoning_budget_end_tags reasoning_budget_message"},
	{from: llamaSchema, names: "lora", allow: "lora"},
	{from: llamaSchema, names: "chat_parser generation_prompt", allow: "template_variables"},
	{from: llamaCommon, names: "id_slot reasoning_budget thinking_budget_tokens enable_thinking thinking_budget"},
	{from: litellmParams, names: "litellm_metadata litellm_trace_id litellm_session_id tags guardrails caching num_retries max_retries timeout request_timeout " +
		"stream_timeout force_timeout mock_timeout extra_body drop_params allowed_openai_params transforms litellm_request_debug litellm_call_id id cache ttl no-log " +
		"caching_groups retry_policy retry_strategy cooldown_time rpm tpm max_parallel_requests max_budget budget_duration weight use_client client shared_session " +
		"supports_system_message ensure_alternating_roles merge_reasoning_content_in_choices search_tool_name turn_off_message_logging use_in_pass_through " +
		"disable_add_transform_inline_image_block cache_control_injection_points fallback_depth input_cost_per_token output_cost_per_token " +
		"input_cost_per_second output_cost_per_second"},
	{from: litellmParams, names: "prompt_id prompt_variables prompt_version prompt_label litellm_system_prompt", allow: "prompt"},
	{from: litellmParams, names: "bos_token eos_token roles initial_prompt_value final_prompt_value user_continue_message assistant_continue_message", allow: "template_variables"},
	{from: litellmParams, names: "vector_store_ids knowledge_bases", allow: "vector_stores"},
	{from: litellmParams, names: "cache_key preset_cache_key", allow: "kv_transfer_params"},
	{from: litellmParams, names: "fallbacks model_list context_window_fallback_dict max_fallbacks fastest_response", allow: "fallbacks"},
	{from: litellmParams, names: "api_base api_key api_version custom_llm_provider provider_specific_header headers azure azure_ad_token azure_ad_token_provider azure_username " +
		"azure_password azure_scope tenant_id client_id client_secret region_name allowed_model_region base_model hf_model_name model_config model_info " +
		"model_file_id_mapping litellm_credential_name use_litellm_proxy configurable_clientside_auth_params complete_response mock_response proxy_server_request secret_fields litellm_params logger_fn litellm_logging_obj " +
		"langfuse_public_key langfuse_secret langfuse_secret_key langfuse_host langsmith_api_key langsmith_project langsmith_base_url langsmith_tenant_id " +
		"gcs_bucket_name gcs_path_service_account humanloop_api_key arize_api_key arize_space_key arize_space_id posthog_api_key posthog_api_url " +
		"wandb_api_key weave_project_id litellm_disabled_callbacks", allow: "engine"}, // whose callbacks get the prompt, too
	{from: litellmProxy, names: "base_url user_config organization deployment_id extra_headers extra_query", allow: "engine"},
	{from: litellmRouter, names: "context_window_fallbacks content_policy_fallbacks model_group router_settings_override specific_deployment", allow: "fallbacks"},
	{from: litellmRouter, names: "model_group_alias default_fallbacks target_model_names", allow: "fallbacks"},
	{from: litellmProxy, names: "aws_access_key_id aws_secret_access_key aws_session_token aws_region_name aws_session_name aws_profile_name aws_role_name " +
		"aws_web_identity_token aws_sts_endpoint aws_bedrock_runtime_endpoint vertex_project vertex_location vertex_credentials", allow: "engine"},
	{from: openRouter, names: "models route provider plugins preset", allow: "fallbacks"},
	{from: azure, names: "data_sources", allow: "vector_stores"},
	{from: openaiAPI, names: "tool_resources", allow: "vector_stores"},
	{from: openaiAPI, names: "attachments file_ids", allow: "file"},
	{from: tgi, names: "adapter_id", allow: "lora"},
}

var messageRows = []row{
	{from: openaiAPI, names: "role content refusal name tool_calls tool_call_id function_call annotations"},
	{from: openaiAPI, names: "audio", allow: "cached_media"}, // an answer in audio that the provider has stored
	{from: openaiAPI, names: "attachments file_ids", allow: "file"},
	{from: vllmParts, names: "reasoning reasoning_content task"},
	{from: vllmParts, names: "tools", allow: "template_variables"}, // templates show them; SGLang's reads them, too
	{from: openRouter, names: "reasoning_details"},
}

var toolCallRows = []row{{from: openaiAPI, names: "id type index function custom"}}

var calledRows = []row{{from: openaiAPI, names: "name arguments input"}}

var partRows = []row{
	{from: openaiAPI, names: "type text refusal image_url input_audio file detail annotations logprobs filename"},
	{from: openaiAPI, names: "file_id", allow: "file"},
	{from: vllmParts, names: "thinking closed audio_url video_url image_embeds audio_embeds data name"},
	{from: vllmParts, names: "uuid", allow: "cached_media"}, // an image or a sound that the engine has seen before
	{from: sglang, names: "modalities"},
	{from: anthropicAPI, names: "cache_control"},
}

var mediaRows = []row{
	{from: openaiAPI, names: "url detail data format"},
	{from: openaiAPI, names: "file_id", allow: "file"},
	{from: sglang, names: "max_dynamic_patch min_dynamic_patch"},
	{from: sglang, names: "content_hash", allow: "cached_media"},
}

var fileRows = []row{{from: openaiAPI, names: "file_id file_data filename"}}

var itemRows = []row{
	{from: openaiAPI, names: "type role content output id call_id name arguments input status phase summary encrypted_content action tools approve reason " +
		"approval_request_id server_label error code container_id outputs queries results result"},
}

var blockRows = []row{
	{from: vllmMessages, names: "type text source id tool_use_id name input content is_error tool_name thinking signature data"},
	{from: anthropicAPI, names: "cache_control citations title context stdout stderr return_code url page_age server_name error_code encrypted_content"},
	{from: anthropicAPI, names: "file_id", allow: "file"},
}

var sourceRows = []row{
	{from: anthropicAPI, names: "type data content media_type url"},
	{from: anthropicAPI, names: "file_id", allow: "file"},
}

var toolRows = []row{
	{from: openaiAPI, names: "type function custom name description parameters strict format tools"},
	{from: vllmMessages, names: "input_schema defer_loading"},
	{from: anthropicAPI, names: "cache_control input_examples"},
}

var functionRows = []row{{from: openaiAPI, names: "name description parameters strict format defer_loading"}}

// insideTools are refused at every depth of a tool that is no function, beside all that is refused of a whole body.
var insideTools = []row{
	{from: openaiAPI, names: "vector_store_ids", allow: "vector_stores"},
	{from: openaiAPI, names: "server_url connector_id", allow: "mcp"},
	{from: openaiAPI, names: "file_id file_ids", allow: "file"},
	{from: openaiAPI, names: "container_id skills skill_id", allow: "container"},
	{from: anthropicAPI, names: "model", allow: "fallbacks"}, // who advises, or draws
}

var toolChoiceRows = []row{
	{from: openaiAPI, names: "type function custom name mode tools allowed_tools server_label"},
	{from: anthropicAPI, names: "disable_parallel_tool_use"},
}

var formatRows = []row{
	{from: openaiAPI, names: "type json_schema name description schema strict grammar syntax definition"},
	{from: vllmEngine, names: "format structures triggers"},
	{from: sglang, names: "at_least_one"},
}

var reasoningRows = []row{
	{from: openaiAPI, names: "effort summary generate_summary"},
	{from: sglang, names: "enabled enable reasoning_effort"},
	{from: openRouter, names: "max_tokens exclude"},
}

var thinkingRows = []row{{from: anthropicAPI, names: "type budget_tokens display"}}

var outputRows = []row{{from: vllmMessages, names: "effort format"}, {from: anthropicAPI, names: "task_budget"}}

var textRows = []row{{from: openaiAPI, names: "format verbosity"}}

var streamRows = []row{{from: vllmEngine, names: "include_usage continuous_usage_stats"}, {from: openaiAPI, names: "include_obfuscation"}}

var cacheRows = []row{{from: anthropicAPI, names: "type ttl"}}

var contextRows = []row{{from: anthropicAPI, names: "edits type"}, {from: openaiAPI, names: "compact_threshold"}}

var contextEditRows = []row{{from: anthropicAPI, names: "type keep trigger clear_at_least clear_tool_inputs exclude_tools instructions pause_after_compaction"}}

var searchRows = []row{{from: openaiAPI, names: "search_context_size user_location"}}

var repetitionRows = []row{{from: vllmSampling, names: "max_pattern_size min_pattern_size min_count"}}

var predictionRows = []row{{from: openaiAPI, names: "type content"}}

var audioRows = []row{{from: openaiAPI, names: "voice format"}}

var structuredRows = []row{
	{from: vllmSampling, names: "json regex choice grammar json_object structural_tag disable_any_whitespace disable_fallback disable_additional_properties whitespace_pattern"},
}

var xargsRows = []row{{from: vllmChat, names: "kv_transfer_params ec_transfer_params", allow: "kv_transfer_params"}}

// kwargsRows are variables of chat templates. Those that stand for parts of the prompt would replace the engine's own.
var kwargsRows = []row{
	{from: publishedModels, names: "enable_thinking thinking thinking_budget thinking_mode reasoning_effort preserve_thinking clear_thinking low_effort " +
		"add_generation_prompt continue_final_message add_vision_id spaces_between_special_tokens"},
	{from: hfTemplates, names: "chat_template tokenize", allow: "chat_template"},
	{from: hfTemplates, names: "documents", allow: "documents"},
	{from: hfTemplates, names: "messages conversation tools", allow: "template_variables"},
	{from: hfTemplates, names: "bos_token eos_token unk_token sep_token pad_token cls_token mask_token image_token audio_token video_token additional_special_tokens", allow: "template_variables"},
	{from: publishedModels, names: "model_identity builtin_tools custom_tools python_tools xml_tools functions tools_in_user_message tool_definitions available_tools " +
		"system system_message system_prompt default_system_message default_system_prompt developer_message developer_instructions instructions " +
		"user_system_prompt safety_preamble developer_preamble platform_instruction", allow: "template_variables"},
}

var allRows = [][]row{topRows, messageRows, toolCallRows, calledRows, partRows, mediaRows, fileRows, itemRows, blockRows, sourceRows, toolRows, functionRows,
	insideTools, toolChoiceRows, formatRows, reasoningRows, thinkingRows, outputRows, textRows, streamRows, cacheRows, contextRows, contextEditRows, searchRows, repetitionRows, predictionRows, audioRows, structuredRows, xargsRows, kwargsRows}

// knows adds the members of some rows to a schema, but for those that it has.
func knows(p *schema, rows []row) *schema {
	if p.members == nil {
		p.members = members{}
	}
	for _, r := range rows {
		for _, name := range strings.Fields(r.names) {
			if _, has := p.members[name]; has {
				continue
			}
			if r.allow != "" {
				p.members[name] = &schema{bypass: r.allow, single: true}
			} else {
				p.also = append(p.also, name)
			}
		}
	}
	return p
}

// AllowedBy returns the key of Bypasses that lets a member through which is refused else.
func AllowedBy(member string) (key string, refused bool) {
	for _, rows := range allRows {
		for _, r := range rows {
			if r.allow == "" {
				continue
			}
			for _, name := range strings.Fields(r.names) {
				if name == member {
					return r.allow, true
				}
			}
		}
	}
	return "", false
}
