package pii

// keyForm is the form of a kind of key: a prefix and what follows it.
type keyForm struct {
	prefix   string
	least    uint16 // characters behind the prefix
	most     uint16
	alphabet alphabet
	strict   bool // the prefix alone says little: the length must be right
}

// alphabet is a set of characters that keys are made of.
type alphabet uint8

const (
	digits   alphabet = 1 << iota
	hex               // digits and a to f, in both cases
	capitals          // capital letters and digits
	alnum             // letters and digits
	token             // letters, digits, - and _
	dotted            // token and full stops
	base64            // letters, digits, + / = - _
	mixed             // base64, full stops, ~ % and commas
)

const (
	exact = true
	long  = 400 // the longest that is looked for: of longer keys this much is enough
)

// keyForms lists keys whose issuers gave them a form that scanners know. In brackets stands where the form is published: g is
// config/gitleaks.toml of gitleaks, s the rule of secretlint of that name, t the detector of trufflehog of that name, i the issuer's documentation.
var keyForms = [...]keyForm{
	{"A3-", 30, 38, token, exact},                           // 1Password secret key [g]
	{"ops_eyJ", 100, long, base64, false},                   // 1Password service account [g, s: 1password]
	{"aio_", 28, 28, alnum, exact},                          // Adafruit IO [t: adafruitio]
	{"p8e-", 32, 32, alnum, false},                          // Adobe [g]
	{"AGE-SECRET-KEY-1", 58, 58, capitals, false},           // age [g]
	{"LTAI", 17, 24, alnum, exact},                          // Alibaba Cloud [g, t: alibaba]
	{"sk-ant-", 20, 140, token, false},                      // Anthropic [g, s: anthropic, t: anthropic]
	{"apify_api_", 36, 36, token, false},                    // Apify [t: apify]
	{"AKCp", 69, 69, alnum, exact},                          // Artifactory [g, t: artifactory]
	{"cmVmd", 59, 59, alnum, exact},                         // Artifactory reference token [g]
	{"ATATT3", 180, 200, base64, false},                     // Atlassian [g, t: jiratoken]
	{"ATCTT3xFfG", 50, long, base64, false},                 // Atlassian [t: atlassian]
	{"ATBB", 24, 40, dotted, exact},                         // Bitbucket app password [t: bitbucketapppassword]
	{"BBDC-", 40, 50, mixed, false},                         // Bitbucket data center [t: bitbucketdatacenter]
	{"AKIA", 16, 16, capitals, exact},                       // AWS [g, s: aws, t: aws]
	{"ASIA", 16, 16, capitals, exact},                       //
	{"ABIA", 16, 16, capitals, exact},                       //
	{"ACCA", 16, 16, capitals, exact},                       //
	{"AGPA", 16, 16, capitals, exact},                       //
	{"AIDA", 16, 16, capitals, exact},                       //
	{"AROA", 16, 16, capitals, exact},                       //
	{"AIPA", 16, 16, capitals, exact},                       //
	{"ANPA", 16, 16, capitals, exact},                       //
	{"ANVA", 16, 16, capitals, exact},                       //
	{"A3T", 17, 17, capitals, exact},                        //
	{"ABSK", 109, 280, base64, exact},                       // AWS Bedrock [g]
	{"bedrock-api-key-", 40, long, base64, false},           // AWS Bedrock [g]
	{"da2-", 26, 26, alnum, exact},                          // AWS AppSync [t: aws/appsync]
	{"bb_pr_", 30, 30, hex, false},                          // Bannerbear [t: bannerbear]
	{"bb_ma_", 30, 30, hex, false},                          //
	{"bkua_", 40, 40, alnum, false},                         // Buildkite [t: buildkite]
	{"CCIPAT_", 63, 63, token, false},                       // CircleCI [t: circleci]
	{"4b1d", 38, 38, alnum, exact},                          // ClickHouse Cloud [g]
	{"CLOJARS_", 60, 60, alnum, false},                      // Clojars [g]
	{"cfk_", 48, 48, alnum, false},                          // Cloudflare [s: cloudflare, t: cloudflareapitoken]
	{"cfut_", 48, 48, alnum, false},                         //
	{"cfat_", 48, 48, alnum, false},                         //
	{"v1.0-", 171, 171, token, exact},                       // Cloudflare origin CA [g, t: cloudflarecakey]
	{"CFPAT-", 43, 43, token, false},                        // Contentful [t: contentfulpersonalaccesstoken]
	{"dapi", 32, 32, hex, exact},                            // Databricks [g, s: databricks, t: databrickstoken]
	{"dnkey-", 79, 79, base64, false},                       // Defined Networking [g]
	{"ddp_", 36, 36, alnum, exact},                          // Deno Deploy [t: deno]
	{"ddw_", 36, 36, alnum, exact},                          //
	{"dop_v1_", 64, 64, hex, false},                         // DigitalOcean [g, t: digitaloceanv2]
	{"doo_v1_", 64, 64, hex, false},                         //
	{"dor_v1_", 64, 64, hex, false},                         //
	{"discord.com/api/webhooks/", 80, 100, mixed, exact},    // Discord webhook [t: discordwebhook]
	{"dckr_pat_", 27, 27, token, false},                     // Docker [s: docker, t: dockerhub]
	{"dckr_oat_", 32, 32, token, false},                     //
	{"dp.", 40, 90, dotted, exact},                          // Doppler [g, t: doppler]
	{"duffel_test_", 43, 43, token, false},                  // Duffel [g]
	{"duffel_live_", 43, 43, token, false},                  //
	{"dt0c01.", 89, 89, dotted, false},                      // Dynatrace [g]
	{"EZAK", 54, 54, alnum, exact},                          // EasyPost [g]
	{"EZTK", 54, 54, alnum, exact},                          //
	{"EAAA", 22, 60, token, exact},                          // Square [g]
	{"EAAM", 100, long, alnum, exact},                       // Facebook [g]
	{"EAAC", 100, long, alnum, exact},                       //
	{"figd_", 40, 200, token, false},                        // Figma [s: figma]
	{"figp_", 40, 54, token, false},                         // Figma [t: figmapersonalaccesstoken]
	{"flb_live_", 20, 20, alnum, false},                     // Fleetbase [t: fleetbase]
	{"FLWSECK-", 34, 34, token, false},                      // Flutterwave [t: flutterwave]
	{"FLWSECK_TEST-", 12, 34, token, false},                 // Flutterwave [g]
	{"fo1_", 43, 43, token, exact},                          // Fly.io [g, t: flyio]
	{"fm1r_", 100, long, base64, false},                     //
	{"fm1a_", 100, long, base64, false},                     //
	{"fm2_", 100, long, base64, false},                      //
	{"fio-u-", 64, 64, base64, false},                       // Frame.io [g, t: frameio]
	{"AIza", 35, 35, token, exact},                          // Google [g, t: googlegemini]
	{"ya29.", 20, long, token, false},                       // Google OAuth [t: googleoauth2]
	{"GOCSPX-", 28, 28, token, false},                       // Google OAuth client secret [i]
	{"ghp_", 36, 255, token, false},                         // GitHub [g, s: github, t: github]
	{"gho_", 36, 255, token, false},                         //
	{"ghu_", 36, 255, token, false},                         //
	{"ghs_", 36, long, dotted, false},                       //
	{"ghr_", 36, 255, token, false},                         //
	{"github_pat_", 36, 255, token, false},                  //
	{"glpat-", 20, 320, dotted, false},                      // GitLab [g, s: gitlab, t: gitlab]
	{"glcbt-", 22, 26, token, false},                        // GitLab [g]
	{"gldt-", 20, 20, token, false},                         //
	{"glffct-", 20, 20, token, false},                       //
	{"glft-", 20, 20, token, false},                         //
	{"glimt-", 25, 25, token, false},                        //
	{"glagent-", 50, 50, token, false},                      //
	{"gloas-", 64, 64, token, false},                        //
	{"glptt-", 40, 40, hex, false},                          //
	{"glrt-", 20, 320, dotted, false},                       //
	{"glsoat-", 20, 20, token, false},                       //
	{"GR1348941", 20, 20, token, false},                     //
	{"glc_", 32, long, base64, false},                       // Grafana [g, s: grafana, t: grafana]
	{"glsa_", 41, 41, token, false},                         //
	{"eyJrIjoi", 70, long, base64, false},                   // Grafana API key [g]
	{"gsk_", 52, 52, alnum, false},                          // Groq [s: groq, t: groq]
	{"pat.", 68, 68, dotted, exact},                         // Harness [g]
	{"sat.", 68, 68, dotted, exact},                         //
	{"HRKU-AA", 58, 58, token, false},                       // Heroku [g, t: heroku]
	{"pat-na1-", 36, 36, token, false},                      // HubSpot [t: hubspot_apikey]
	{"pat-eu1-", 36, 36, token, false},                      //
	{"hf_", 34, 37, alnum, false},                           // Hugging Face [g, s: huggingface, t: huggingface]
	{"api_org_", 34, 37, alnum, false},                      //
	{"ico-", 32, 32, alnum, exact},                          // Infracost [g]
	{"s-s4t2ud-", 64, 64, hex, false},                       // Intra42 [g, t: intra42]
	{"s-s4t2af-", 64, 64, hex, false},                       //
	{"lsv2_pt_", 43, 43, token, false},                      // LangSmith [t: langsmith]
	{"lsv2_sk_", 43, 43, token, false},                      //
	{"sdk-", 36, 36, token, exact},                          // LaunchDarkly [t: launchdarkly]
	{"api-", 36, 36, token, exact},                          //
	{"lin_api_", 32, 128, token, false},                     // Linear [g, s: linear, t: linearapi]
	{"key-", 32, 32, alnum, exact},                          // Mailgun [g, t: mailgun]
	{"sk.", 80, 240, dotted, exact},                         // Mapbox [t: mapbox]
	{"NRAK-", 27, 27, alnum, false},                         // New Relic [g, t: newrelicuserkey]
	{"NRII-", 25, 32, token, false},                         //
	{"NRIQ-", 25, 32, token, false},                         //
	{"NRJS-", 19, 19, hex, false},                           //
	{"NRBR-", 19, 19, hex, false},                           //
	{"ntn_", 46, 46, alnum, false},                          // Notion [g, s: notion]
	{"secret_", 43, 43, alnum, exact},                       // Notion [t: notion]
	{"npm_", 36, 36, alnum, false},                          // npm [g, s: npm, t: npmtokenv2]
	{"nvapi-", 60, 70, token, false},                        // NVIDIA [t: nvapi]
	{"API-", 26, 34, capitals, exact},                       // Octopus Deploy [g, t: octopusdeploy]
	{"sk-proj-", 40, 200, token, false},                     // OpenAI [g, s: openai, t: openai]
	{"sk-svcacct-", 40, 200, token, false},                  //
	{"sk-service-", 40, 200, token, false},                  //
	{"sk-admin-", 40, 200, token, false},                    //
	{"sk-or-v1-", 64, 64, hex, false},                       // OpenRouter [t: openrouter]
	{"sk-lf-", 36, 36, token, false},                        // Langfuse [t: langfuse]
	{"sk-", 48, 51, alnum, false},                           // OpenAI, and many who followed [g, t: openai]
	{"sha256~", 43, 43, token, false},                       // OpenShift [g]
	{"ak_live_", 30, 30, alnum, false},                      // Pagar.me [t: pagarme]
	{"pplx-", 48, 48, alnum, false},                         // Perplexity [g]
	{"pgar_", 27, 27, alnum, false},                         // pganalyze [t: pganalyzereadkey]
	{"pcsk_", 69, 70, token, false},                         // Pinecone [t: pinecone]
	{"access-sandbox-", 36, 36, token, false},               // Plaid [g]
	{"access-development-", 36, 36, token, false},           //
	{"access-production-", 36, 36, token, false},            //
	{"pscale_tkn_", 32, 64, dotted, false},                  // PlanetScale [g, t: planetscale]
	{"pscale_oauth_", 32, 64, dotted, false},                //
	{"pscale_pw_", 32, 64, dotted, false},                   //
	{"phx_", 43, 48, alnum, false},                          // PostHog [t: posthog]
	{"PMAK-", 59, 59, token, false},                         // Postman [g, t: postman]
	{"pnu_", 36, 36, alnum, exact},                          // Prefect [g, t: prefect]
	{"pul-", 40, 40, hex, exact},                            // Pulumi [g, t: pulumi]
	{"pypi-AgEIcHlwaS5vcmc", 50, long, token, false},        // PyPI [g, t: pypi]
	{"ramp_sec_", 48, 48, alnum, false},                     // Ramp [t: ramp]
	{"rzp_live_", 14, 14, alnum, false},                     // Razorpay [t: razorpay]
	{"rdme_", 70, 70, alnum, false},                         // ReadMe [g, t: readme]
	{"r8_", 37, 37, token, false},                           // Replicate [t: replicate]
	{"rh-api-", 36, 36, token, false},                       // Robinhood [t: robinhoodcrypto]
	{"rootly_", 64, 64, hex, false},                         // Rootly [t: rootly]
	{"rubygems_", 48, 48, hex, false},                       // RubyGems [g, t: rubygems]
	{"salad_cloud_", 9, 250, token, false},                  // Salad Cloud [t: saladcloudapikey]
	{"3MVG9", 80, 251, mixed, false},                        // Salesforce [t: salesforceoauth2]
	{"5AEP861", 80, long, mixed, false},                     // Salesforce refresh token [t: salesforcerefreshtoken]
	{"tk-us-", 48, 48, token, false},                        // Scalingo [g]
	{"SG.", 60, 70, dotted, false},                          // SendGrid [g, s: sendgrid, t: sendgrid]
	{"xkeysib-", 81, 81, token, false},                      // Sendinblue, Brevo [g, t: sendinbluev2]
	{"sntrys_eyJ", 80, long, mixed, false},                  // Sentry [g, t: sentryorgtoken]
	{"sntryu_", 64, 64, hex, false},                         // Sentry [g, t: sentrytoken]
	{"sm_aat_", 16, 16, alnum, false},                       // SettleMint [g]
	{"sm_pat_", 16, 16, alnum, false},                       //
	{"sm_sat_", 16, 16, alnum, false},                       //
	{"shippo_live_", 40, 40, hex, false},                    // Shippo [g, t: shippo]
	{"shippo_test_", 40, 40, hex, false},                    //
	{"shpat_", 32, 64, alnum, false},                        // Shopify [g, s: shopify, t: shopify]
	{"shpca_", 32, 64, alnum, false},                        //
	{"shppa_", 32, 64, alnum, false},                        //
	{"shpss_", 32, 64, alnum, false},                        //
	{"xoxb-", 16, 255, token, false},                        // Slack [g, s: slack, t: slack]
	{"xoxp-", 16, 255, token, false},                        //
	{"xoxa-", 8, 255, token, false},                         //
	{"xoxr-", 8, 255, token, false},                         //
	{"xoxs-", 16, 255, token, false},                        //
	{"xoxo-", 16, 255, token, false},                        //
	{"xoxe-", 28, 255, token, false},                        //
	{"xoxe.xox", 28, 255, token, false},                     //
	{"xapp-", 16, 255, token, false},                        //
	{"hooks.slack.com/services/", 40, 80, mixed, exact},     // Slack webhook [g, s: slack, t: slackwebhook]
	{"hooks.slack.com/workflows/", 40, 90, mixed, exact},    //
	{"hooks.slack.com/triggers/", 40, 90, mixed, exact},     //
	{"hooks.zapier.com/hooks/catch/", 12, 40, mixed, exact}, // Zapier [t: zapierwebhook]
	{"squ_", 40, 40, token, exact},                          // SonarQube [g]
	{"sqp_", 40, 40, token, exact},                          //
	{"sqa_", 40, 40, token, exact},                          //
	{"sqco_", 59, 59, alnum, exact},                         // SonarCloud [t: sonarcloud]
	{"sgp_", 40, 57, token, exact},                          // Sourcegraph [g, t: sourcegraph]
	{"slk_", 64, 64, hex, exact},                            // Sourcegraph Cody [t: sourcegraphcody]
	{"sq0atp-", 22, 60, token, false},                       // Square [g, t: squareapp]
	{"sq0csp-", 40, 50, token, false},                       //
	{"sq0idp-", 22, 43, token, false},                       //
	{"sk_live_", 10, 247, token, false},                     // Stripe, Paystack, Apideck [g, s: stripe, t: stripe]
	{"sk_test_", 10, 247, token, false},                     //
	{"sk_prod_", 10, 247, token, false},                     //
	{"rk_live_", 10, 247, token, false},                     //
	{"rk_test_", 10, 247, token, false},                     //
	{"rk_prod_", 10, 247, token, false},                     //
	{"pk_live_", 16, 247, token, false},                     //
	{"whsec_", 24, 80, base64, false},                       // Stripe webhook [i]
	{"sk_", 48, 48, hex, exact},                             // ElevenLabs [t: elevenlabs]
	{"sbp_", 40, 40, hex, exact},                            // Supabase [t: supabasetoken]
	{"tskey-", 16, 110, token, false},                       // Tailscale [s: tailscale, t: tailscale]
	{"thog-secret-", 32, 32, hex, false},                    // TruffleHog [t: trufflehogenterprise]
	{"SK", 32, 32, hex, exact},                              // Twilio [g, t: twilioapikey]
	{"AC", 32, 32, hex, exact},                              // Twilio [t: twilio]
	{"tfp_", 40, 59, dotted, false},                         // Typeform [g, t: typeform]
	{"AAAAAAAAAAAAAAAAAAAAAA", 60, 110, mixed, exact},       // Twitter, X [g]
	{"BBFF-", 30, 30, alnum, false},                         // Ubidots [t: ubidots]
	{"hvs.", 24, 120, token, false},                         // Vault [g, s: hashicorp-vault, t: hashicorpvaulttoken]
	{"hvr.", 90, 120, token, false},                         //
	{"hvb.", 50, 300, dotted, false},                        //
	{"vcp_", 20, 60, alnum, false},                          // Vercel [s: vercel]
	{"vci_", 20, 60, alnum, false},                          //
	{"vca_", 20, 60, alnum, false},                          //
	{"vcr_", 20, 60, alnum, false},                          //
	{"vck_", 20, 60, alnum, false},                          //
	{"VF.", 40, 60, dotted, exact},                          // Voiceflow [t: voiceflow]
	{"xai-", 80, 80, token, false},                          // xAI [t: xai]
	{"AQVN", 35, 38, token, exact},                          // Yandex [g]
	{"t1.", 88, 200, mixed, exact},                          // Yandex [g]
	{"1000.", 65, 65, dotted, exact},                        // Zoho [t: zohocrm]
	{"eyJ", 40, long, dotted, exact},                        // a JSON web token [g, t: jwt]
}
