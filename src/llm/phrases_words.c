/* The words of people who talk to a model instead of a reader: languages of Western Europe. */
#include "llm/phrases.h"

const struct phrase_row llm_phrases_words[] = {
	/* English */
	{ C_IGNORE,
	  "_ignore|_ignoring_|_disregard|_forget_|_forget everything|_override|_overrule|"
	  "_do not follow|_stop following|_pay no attention|_set aside|_do not obey|_cancel all|"
	  "_abandon|_supersede|_takes precedence over|_instead of your|_no longer apply|_are "
	  "void" },
	{ C_IGNORE | C_PRIOR,
	  "_ignore all|_ignore any|_ignore your|_ignore every|_ignore the system|_disregard all|"
	  "_disregard any|_disregard your|_disregard every|_forget all|_forget your|_forget any|"
	  "_override all|_override any|_override your|_stop following your|_instead of your|"
	  "_do not follow your|_do not obey your|_supersede your|_supersede all|_bypass your|"
	  "_bypass all|_forget everything you|_ignore whatever" },
	{ C_PRIOR, "_previous|_prior_|_above_|_earlier_|_preceding|_original|_initial|_foregoing|_"
		   "given to you|"
		   "_you were given|_you have been given|_you received|_your system|_your "
		   "existing|_your current" },
	{ C_RULES,
	  "_instruction|_the prompt_|_prompts_|_your prompt|_system "
	  "prompt|_guideline|_directive|_rules_|"
	  "_ruleset|_commands_|_policies_|_constraints_|_programming_|_safeguards_|_safety rules" },
	{ C_SYSTEM,
	  "_system prompt|_system instruction|_initial prompt|_hidden prompt|_developer message|"
	  "_developer prompt|_your prompt_|_your hidden instructions|_your original instructions|"
	  "_your initial instructions|_your system prompt|_secret token|_canary value|_canary "
	  "token|_the "
	  "canary_|"
	  "_your canary" },
	{ C_MODEL, "_language model|_llm_|_llms_|_chatgpt|_gpt_|_gpt 4|_gpt "
		   "5|_openai_|_claude_|_gemini_|_copilot_|"
		   "_llama_|_mistral_|_ai assistant|_ai model|_ai system|_ai agent|_ai filter|_ai "
		   "spam|_ai security|"
		   "_ai classifier|_ai moderator|_ai email|_ai mail|_ai scanner|_ai reader|_ai "
		   "tool|_ai bot_|"
		   "_artificial intelligence|_virtual assistant|_email assistant|_mail "
		   "assistant|_chatbot|_dear ai_|"
		   "_hello ai_|_hey ai_|_attention ai_|_neural network|_machine reading "
		   "this|_automated assistant|"
		   "_dear assistant|_hello assistant|_ai_" },
	{ C_FILTER,
	  "_spam filter|_junk filter|_mail filter|_email filter|_content filter|_phishing filter|"
	  "_spam classifier|_email classifier|_mail classifier|_message classifier|_security "
	  "scanner|"
	  "_email scanner|_mail scanner|_spam scanner|_spam detector|_phishing detector|_automated "
	  "review|"
	  "_mail gateway|_email gateway|_moderation system|_automatic classification|"
	  "_automated classification" },
	{ C_CLASSIFY, "_classif|_categori|_label_|_labelled|_labeled|_rate_|_rated_|_judge_|_deem_|"
		      "_treat_|_consider_|"
		      "_mark_|_marked_|_score_|_assess|_evaluate|_verdict|_set the "
		      "label|_assign|_tag this|_approve|"
		      "_whitelist|_pass this|_flag this|_conclude|_rates_|_rating_|_rated as" },
	{ C_CLASSIFY | C_ORDER,
	  "_classif|_label this|_label it as|_categorize this|_categorise this|_categorize it as|"
	  "_score this email|_rate this email|_rate this message|_rate this mail|"
	  "_treat this email as|_treat this message as|_treat this mail as|_treat it as ham|"
	  "_consider this email|_consider this message|_consider this mail|_judge this|_deem this|"
	  "_assign the label|_set the label|_assign this|_give this email|_give this message|"
	  "_rate it as|_mark this message as ham|_mark this email as ham|_verdict for this|"
	  "_your verdict|_the verdict" },
	{ C_REVEAL | C_SYSTEM,
	  "_repeat your previous verdict|_repeat your earlier verdict|_repeat your "
	  "former verdict|_repeat your last verdict" },
	{ C_CLASSIFY | C_ORDER | C_THIS,
	  "_your previous verdict|_your earlier verdict|_your former verdict|_your last verdict|"
	  "_your previous classification|_your previous rating|_your previous judgement|"
	  "_rate everything as|_classify everything as|_label everything as|_judge everything as|"
	  "_mark everything as|_rate all mail as" },
	{ C_HAM, "_ham_|_legitimate|_not spam|_non spam|_not as spam|_not phishing|_no spam|_not "
		 "malicious|_harmless|"
		 "_benign|_safe_|_clean_|_trusted|_trustworthy|_wanted mail|_genuine|_spam score "
		 "of 0|_score of 0|"
		 "_score of zero|_score 0_|_probability of 0|_probability 0|_zero risk|_lowest "
		 "risk|_let it through|_let this through|_cleared_|_low "
		 "risk|_whitelisted" },
	{ C_THIS, "_this message|_this email|_this e mail|_this mail|_following message|_following "
		  "email|_it as|_this as|"
		  "_this text|_this one as|_this newsletter|_this document|_this content|_this "
		  "letter|_this very text|_the "
		  "message above|_this sender" },
	{ C_NOW,
	  "_from now on|_you are now|_your new task|_your task is|_your new role|_new instructions|"
	  "_new instruction|_new task|_updated instructions|_new directive|_your only task|_your "
	  "job is|"
	  "_you will now|_you must now|_your role is|_assume the role|_new rule_|_new policy|_new "
	  "rules|"
	  "_your real task|_the correct answer" },
	{ C_OUTPUT, "_respond|_reply with|_answer with|_output_|_answer only|_your answer|_your "
		    "reply|_your response|"
		    "_your output|_say only|_just say|_just answer|_emit|_write only|_must "
		    "answer|_echo_|_set label|"
		    "_your json|_return_" },
	{ C_OUTPUT | C_FORM,
	  "_respond only|_answer only|_reply only with|_output only|_return only|_respond with the "
	  "word|"
	  "_answer with the word|_reply with the word|_output the json|_return the json|"
	  "_respond with json|_output json|_output exactly|_answer exactly|_respond exactly|"
	  "_just answer|_say only|_respond with exactly|_output the following|"
	  "_return the following|_respond with the following|_reply with exactly|_write only|"
	  "_your answer must|_your answer is|_your reply must|_your only output|_your output must|"
	  "_your response must|_must answer with|_must respond with|_simply answer|_simply respond|"
	  "_answer simply|_output this|_return this|_return exactly|_return json|_answer with "
	  "exactly" },
	{ C_FIELD, "_is spam false|_is phishing false|_spam false_|_phishing false_" },
	{ C_FIELD2,
	  "_label ham|_label legitimate|_label safe|_label clean|_label not spam|_label "
	  "bulk|_verdict ham|"
	  "_verdict clean|_verdict safe|_verdict legitimate|_verdict not spam|_verdict pass|"
	  "_classification ham|_classification legitimate|_classification safe|_classification not "
	  "spam|"
	  "_result ham|_result legitimate|_category ham|_category legitimate|_this email is "
	  "legitimate|"
	  "_this message is legitimate|_this is ham|_this email is ham|_this email is safe" },
	{ C_REVEAL, "_reveal|_print_|_repeat_|_disclose|_output your|_show me|_tell "
		    "me|_leak_|_expose_|_display your|"
		    "_translate your|_include your|_copy your|_quote your|_append your|_write "
		    "out|_recite|_echo_|"
		    "_put the|_copy the|_include the|_repeat the|_state the|_output the|_insert "
		    "the|_place the" },
	{ C_SUMMARY,
	  "_when you summari|_when summari|_if you summari|_in your summary|_while "
	  "summari|_summarizing this|"
	  "_summarising this|_when you classify|_when you evaluate this|_when you analyze this|"
	  "_when you analyse this|_when processing this|_when you process this|_before classifying|"
	  "_before you classify|_when judging|_when you judge|_in your assessment|_when asked "
	  "about this|"
	  "_if you are asked about|_when evaluating this|_when analyzing this|_when assessing "
	  "this" },
	{ C_TOOL, "_call the tool|_use the tool|_tool call|_function call|_use your "
		  "tool|_invoke|_browse to|_send an email|"
		  "_send a mail|_forward all|_fetch_|_open the url|_run the "
		  "command|_execute_|_call the function|"
		  "_delete all|_search the mailbox|_read the mailbox|_add the sender|_to the "
		  "allowlist|_visit http|"
		  "_open http|_tell the user|_tell the reader|_instruct the user|_your tools" },
	{ C_MODE, "_developer mode|_debug mode|_maintenance mode|_training mode|_admin mode|_dan "
		  "mode|_jailbreak|"
		  "_god mode|_unrestricted mode|_override mode|_calibration mode|_diagnostic "
		  "mode|_do anything now|"
		  "_evaluation mode|_calibration run|_test of the filter|_test of the "
		  "classifier|_this is a test mail|"
		  "_permissive mode|_lenient mode|_calibration sample|_calibration message" },
	{ C_ADMIN,
	  "_as the mail administrator|_as the administrator|_as administrator|_as mail "
	  "administrator|"
	  "_as your developer|_as the developer|_as the system administrator|_as your "
	  "administrator|"
	  "_i am the administrator|_i am the mail administrator|_i am your developer|_i am the "
	  "developer|"
	  "_message from the administrator|_note from the administrator|_administrator override|"
	  "_admin override|_authorized by the administrator|_on behalf of openai|_administrator of "
	  "this|"
	  "_the security team has already|_already verified by|_has already been checked|_pre "
	  "approved by|"
	  "_has been verified by|_has been cleared by|_was cleared by|_from your operator|_as your "
	  "operator|"
	  "_your operator_|_i am the operator|_analyst has already|_reviewer has already|"
	  "_no further analysis is needed|_no further classification" },
	{ C_CALL,
	  "_note to spam filter|_note to the spam filter|_dear spam filter|_attention spam filter|"
	  "_message to the spam filter|_to the spam filter_|_instructions for the spam "
	  "filter|_hello spam filter|"
	  "_note to the classifier|_dear classifier|_dear email classifier|_dear mail classifier|"
	  "_attention email security|_attention classifier|_note to the filter|_dear filter|"
	  "_instruction for the classifier|_instructions for the classifier|_to the classifier_|"
	  "_note to automated|_attention automated|_attention all automated|_note for automated|"
	  "_to any automated|_message for the filter|_to whoever classifies|_dear automated|_hi "
	  "spam filter|"
	  "_note to the reviewer model|_dear scanner|_note for automated triage|_automated "
	  "triage_|_note to the scanner|_dear email security|"
	  "_note for the spam filter|_hint for the classifier|_hint for the filter|_to the email "
	  "security|"
	  "_attention content filter|_dear mail filter|_dear email filter|_to the mail filter" },
	{ C_IF_MODEL,
	  "_if you are an ai_|_if you are a language|_if you are an llm|_if you are a large "
	  "language|"
	  "_if you are an automated|_if you are an assistant|_if you are a spam filter|_if you are "
	  "a filter|"
	  "_if you are a machine|_if you re an ai_|_if an ai_|_if a language model|_as an ai model|"
	  "_as a language model|_as a large language model|_you are an ai_|_you are a language "
	  "model|"
	  "_you are an llm|_you are a spam filter|_you are a helpful assistant|_you are chatgpt|"
	  "_you are a classifier|_ai systems reading|_to any llm|_if you are not human|_you were a "
	  "model|_you were an ai_|_you were a language model|"
	  "_you are a large language|_any llm reading|_any ai reading|_any model reading|"
	  "_any ai system|_any language model|_ai assistants reading|_assistant reading this|"
	  "_model reading this|_ai reading this|_llm reading this|_models reading this" },
	{ C_FENCE, "_end of email|_end of the email|_end of e mail|_end of mail|_end of the "
		   "mail|_end of message|"
		   "_end of the message|_end of untrusted|_end untrusted|_end of data|_end of "
		   "user|_end of input|"
		   "_end of document|_end of quoted|_data ends|_mail ends here|_email ends "
		   "here|_message ends here|"
		   "_begin instructions|_begin system|_begin trusted|_trusted instructions|_end of "
		   "content" },
	/* German */
	{ C_IGNORE, "_ignorier|_missacht|_vergiss_|_vergessen sie|_verwirf|_beachte "
		    "nicht|_uberschreib|_umgehe|"
		    "_nicht beachten|_lass alle|_befolge nicht|_ausser acht|_hebe alle" },
	{ C_PRIOR, "_vorherig|_bisherig|_obig|_fruher|_alle_|_allen_|_vorangegang|_vorhergehend|_"
		   "deine_|_ihre_|"
		   "_samtliche|_bestehend|_ursprunglich|_jede_|_oben_" },
	{ C_RULES, "_anweisung|_instruktion|_regeln_|_vorgaben_|_richtlinien_|_befehle_|_"
		   "vorschriften_|_anordnung" },
	{ C_SYSTEM,
	  "_systemprompt|_system prompt|_systemnachricht|_systemanweisung|_deine anweisungen" },
	{ C_MODEL, "_sprachmodell|_ki assistent|_ki modell|_ki system|_ki filter|_kunstliche "
		   "intelligenz|_die ki_|"
		   "_liebe ki_|_hallo ki_|_an die ki_|_eine ki_" },
	{ C_FILTER, "_spamfilter|_mailfilter|_klassifikator|_prufsystem|_sicherheitsscanner|_"
		    "mailscanner|_inhaltsfilter" },
	{ C_CLASSIFY,
	  "_klassifizier|_einstufen_|_stufe_|_bewerte|_kennzeichne|_markiere|_behandle|_betrachte|"
	  "_eingestuft|_einordnen|_ordne_|_eingestuft werden" },
	{ C_HAM, "_legitim|_kein spam|_nicht als "
		 "spam|_harmlos|_erwunscht|_unbedenklich|_vertrauenswurdig|_sicher ein|"
		 "_als sicher|_seriose|_seriös" },
	{ C_THIS, "_diese nachricht|_diese mail|_diese e mail|_die nachricht|_diese email|_sie "
		  "als|_folgende nachricht" },
	{ C_NOW, "_ab jetzt|_von nun an|_ab sofort|_deine neue aufgabe|_deine aufgabe ist|_neue "
		 "anweisung|_du bist nun|"
		 "_du bist jetzt|_neue regel" },
	{ C_OUTPUT,
	  "_antworte|_gib aus|_gib nur|_ausgabe_|_schreibe nur|_gib zuruck|_gib ausschliesslich" },
	{ C_FORM, "_nur_|_ausschliesslich|_genau_|_das wort" },
	{ C_REVEAL, "_verrate|_wiederhole|_zeige mir|_offenbare|_drucke|_nenne mir" },
	{ C_SUMMARY, "_wenn du diese|_wenn du zusammenfasst|_beim zusammenfassen|_bei der "
		     "bewertung|_bei der zusammenfassung" },
	{ C_ADMIN,
	  "_als administrator|_als mailadministrator|_als systemadministrator|_als dein entwickler|"
	  "_hier spricht der administrator" },
	{ C_CALL,
	  "_an den spamfilter|_hinweis an den spamfilter|_lieber spamfilter|_achtung spamfilter|"
	  "_an den klassifikator|_hinweis fur den spamfilter|_lieber klassifikator|_an das "
	  "prufsystem|"
	  "_hallo spamfilter|_an den mailfilter" },
	{ C_CLASSIFY | C_ORDER, "_klassifizier|_stufe diese|_stufen sie diese|_bewerte "
				"diese|_ordne diese|_behandle diese" },
	{ C_IF_MODEL, "_wenn du eine ki_|_wenn du ein sprachmodell|_falls du eine ki_|_falls du "
		      "ein sprachmodell|"
		      "_du bist eine ki_|_als ki_|_als sprachmodell" },
	/* French */
	{ C_IGNORE, "_ignore_|_ignorez|_ignorer|_oublie_|_oubliez|_ne tiens pas compte|_ne tenez "
		    "pas compte|_neglige|"
		    "_ne respectez pas|_contourne|_fais abstraction|_faites abstraction" },
	{ C_PRIOR, "_precedent|_anterieur|_ci dessus|_toutes_|_tous_|_tes_|_vos_|_initial" },
	{ C_RULES, "_instruction|_consigne|_regles_|_directives_|_ordres_" },
	{ C_SYSTEM, "_invite systeme|_message systeme|_prompt systeme|_instructions systeme" },
	{ C_MODEL, "_modele de langage|_modele de langue|_intelligence artificielle|_assistant "
		   "ia|_l ia_|_une ia_|_chere ia_" },
	{ C_FILTER,
	  "_filtre anti|_filtre antispam|_filtre de courrier|_classificateur|_filtre a spam" },
	{ C_CLASSIFY, "_classe_|_classez|_classer_|_considere|_marque_|_marquez|_traite_|_traitez|_"
		      "etiquet|_evalue" },
	{ C_HAM, "_legitime|_pas un spam|_pas comme spam|_inoffensif|_sur et|_fiable_|_sans "
		 "danger|_non spam|_pas du spam|"
		 "_desirable|_comme sur_" },
	{ C_THIS, "_ce message|_cet email|_ce courriel|_ce mail|_cet e mail|_le message" },
	{ C_NOW, "_desormais|_a partir de maintenant|_ta nouvelle tache|_nouvelles "
		 "instructions|_tu es maintenant|"
		 "_votre nouvelle tache|_vous etes maintenant" },
	{ C_OUTPUT, "_reponds|_repondez|_affiche_|_renvoie|_ecris seulement|_repondre" },
	{ C_FORM, "_uniquement|_seulement|_exactement|_le mot" },
	{ C_REVEAL, "_revele|_repete|_affichez|_montre moi|_divulgue" },
	{ C_SUMMARY, "_lorsque tu resume|_quand tu resume|_lorsque vous resume|_en resumant|_si on "
		     "te demande" },
	{ C_ADMIN,
	  "_en tant qu administrateur|_administrateur de messagerie|_en tant que developpeur" },
	{ C_CALL, "_cher filtre|_note au filtre|_note pour le filtre|_a l attention du "
		  "filtre|_message au filtre|"
		  "_au classificateur|_cher classificateur|_attention filtre|_bonjour filtre" },
	{ C_CLASSIFY | C_ORDER,
	  "_classe ce|_classez ce|_classe cet|_classez cet|_classer ce|_classer cet|_considere ce|"
	  "_considerez ce|_traite ce|_traitez ce|_evalue ce" },
	{ C_IF_MODEL, "_si tu es une ia|_si vous etes une ia|_si tu es un modele|_si vous etes un "
		      "modele|_tu es une ia|"
		      "_en tant qu ia" },
	/* Spanish, Portuguese */
	{ C_IGNORE, "_ignora|_ignore_|_ignorem|_olvida|_haz caso omiso|_haga caso omiso|_no hagas "
		    "caso|_no sigas|_omite|"
		    "_descarta|_esqueca|_desconsidere|_desconsidera|_nao siga|_pase por "
		    "alto|_esquece|_descarte" },
	{ C_PRIOR, "_anterior|_previa|_previo|_prévia|_todas_|_todos_|_tus_|_sus_|_suas_|_seus_|_"
		   "acima_|_de arriba|"
		   "_existentes_|_originales_" },
	{ C_RULES, "_instruccion|_instruc|_reglas_|_directrices_|_ordenes_|_normas_|_regras_|_"
		   "diretrizes_|_comandos_|"
		   "_orientac" },
	{ C_SYSTEM,
	  "_mensaje del sistema|_prompt del sistema|_instrucciones del sistema|_prompt do sistema|"
	  "_mensagem do sistema|_instrucoes do sistema|_indicacion del sistema" },
	{ C_MODEL, "_modelo de lenguaje|_modelo de linguagem|_inteligencia artificial|_asistente "
		   "de ia|_assistente de ia|"
		   "_la ia_|_una ia_|_uma ia_|_querida ia_|_asistente virtual|_assistente "
		   "virtual|_asistente ia|_a ia_" },
	{ C_FILTER, "_filtro de spam|_filtro antispam|_filtro de "
		    "correo|_clasificador|_classificador|_filtro de email|"
		    "_filtro anti" },
	{ C_CLASSIFY, "_clasific|_clasifique|_classifi|_marca_|_marque_|_trata_|_trate_|_considera|"
		      "_considere|_etiquet|"
		      "_evalua|_avalie|_rotule" },
	{ C_HAM, "_legitim|_no es spam|_no spam|_nao e spam|_nao "
		 "spam|_inofensiv|_seguro_|_segura_|_confiable|_confiavel|"
		 "_deseado|_limpio_|_limpo_|_como no deseado no" },
	{ C_THIS, "_este mensaje|_este correo|_este email|_esta mensagem|_este e mail|_el "
		  "mensaje|_a mensagem|_esta mensaje" },
	{ C_NOW, "_a partir de ahora|_desde ahora|_de ahora en adelante|_tu nueva tarea|_nuevas "
		 "instrucciones|"
		 "_ahora eres|_a partir de agora|_sua nova tarefa|_novas instrucoes|_agora voce "
		 "e|_su nueva tarea|_tu tarea es" },
	{ C_OUTPUT, "_responde|_responda|_devuelve|_devuelva|_contesta|_conteste|_escribe "
		    "solo|_retorne|_escreva" },
	{ C_FORM, "_solo_|_solamente|_unicamente|_exactamente|_apenas_|_somente|_exatamente|_la "
		  "palabra|_a palavra" },
	{ C_REVEAL, "_revela|_revele|_repite|_repita|_muestra|_mostre|_imprime|_divulga" },
	{ C_SUMMARY,
	  "_cuando resum|_al resumir|_quando resum|_ao resumir|_al analizar|_ao analisar" },
	{ C_ADMIN, "_como administrador|_soy el administrador|_sou o administrador|_como "
		   "desarrollador|_como desenvolvedor" },
	{ C_CALL, "_estimado filtro|_nota para el filtro|_atencion filtro|_mensaje para el "
		  "filtro|_querido filtro|"
		  "_nota para el clasificador|_estimado clasificador|_prezado filtro|_caro "
		  "filtro|_nota para o filtro|"
		  "_atencao filtro|_nota para o classificador|_caro classificador|_hola filtro" },
	{ C_CLASSIFY | C_ORDER, "_clasifi|_classifique|_classifica|_trata este|_trate "
				"este|_considera este|_considere este|"
				"_considere esta|_trate esta|_avalie esta|_avalie este" },
	{ C_IF_MODEL, "_si eres una ia|_si usted es una ia|_si eres un modelo|_se voce e uma "
		      "ia|_se voce e um modelo|"
		      "_eres una ia|_como ia_|_voce e uma ia" },
	/* Italian */
	{ C_IGNORE, "_ignora|_ignorate|_ignori_|_dimentica|_non tenere "
		    "conto|_trascura|_tralascia|_non seguire|_scarta" },
	{ C_PRIOR, "_precedent|_tutte_|_tutti_|_tue_|_sopra_|_iniziali|_le tue" },
	{ C_RULES, "_istruzion|_regole_|_direttive_|_comandi_|_linee guida" },
	{ C_SYSTEM, "_prompt di sistema|_messaggio di sistema|_istruzioni di sistema" },
	{ C_MODEL, "_modello linguistico|_modello di linguaggio|_intelligenza "
		   "artificiale|_assistente ia|_cara ia_|_un ia_|"
		   "_assistente ai_|_cara ai_" },
	{ C_FILTER, "_filtro antispam|_filtro anti spam|_classificatore|_filtro di posta" },
	{ C_CLASSIFY, "_classific|_contrassegn|_considera|_tratta_|_etichett|_valuta_|_segna_" },
	{ C_HAM,
	  "_legittim|_non spam|_non e spam|_sicuro_|_sicura_|_innocu|_affidabil|_attendibil" },
	{ C_THIS, "_questo messaggio|_questa mail|_questa email|_questa e mail|_il messaggio" },
	{ C_NOW, "_d ora in poi|_da ora in poi|_il tuo nuovo compito|_nuove istruzioni|_ora "
		 "sei|_adesso sei" },
	{ C_OUTPUT, "_rispondi|_rispondere|_restituisci|_scrivi solo" },
	{ C_FORM, "_solo_|_soltanto|_esattamente|_la parola" },
	{ C_REVEAL, "_rivela|_ripeti|_mostra|_stampa_" },
	{ C_ADMIN, "_come amministratore|_sono l amministratore|_in qualita di amministratore" },
	{ C_CALL, "_caro filtro|_nota per il filtro|_attenzione filtro|_gentile filtro|_nota per "
		  "il classificatore|"
		  "_messaggio per il filtro|_caro classificatore" },
	{ C_CLASSIFY | C_ORDER, "_classifica questo|_classifica questa|_considera "
				"questo|_considera questa|_tratta questo|"
				"_tratta questa|_valuta questo|_valuta questa|_classificare "
				"questo|_classificare questa" },
	{ C_IF_MODEL, "_se sei un ia|_se sei un modello|_se sei un intelligenza|_sei un ia_|_se "
		      "sei un ai_|_sei un modello" },
	{ 0, NULL },
};
