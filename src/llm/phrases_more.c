/* The same words in other languages, and the signs that turns of a conversation begin with. */
#include "llm/phrases.h"

const struct phrase_row llm_phrases_more[] = {
	/* Dutch */
	{ C_IGNORE, "_negeer|_vergeet_|_negeren|_sla over|_volg niet|_laat buiten beschouwing" },
	{ C_PRIOR, "_vorige_|_voorgaande|_eerdere|_bovenstaande|_je_|_uw_|_voorafgaande" },
	{ C_RULES, "_instructies|_regels_|_richtlijnen|_opdrachten_|_aanwijzingen" },
	{ C_SYSTEM, "_systeemprompt|_systeembericht|_systeeminstructies" },
	{ C_MODEL, "_taalmodel|_kunstmatige intelligentie|_ai assistent|_beste ai_|_een ai_" },
	{ C_FILTER, "_spamfilter|_mailfilter" },
	{ C_CLASSIFY, "_classificeer|_markeer|_beschouw|_behandel|_beoordeel|_label_" },
	{ C_HAM, "_legitiem|_geen spam|_veilig|_onschuldig|_betrouwbaar|_gewenst" },
	{ C_THIS, "_dit bericht|_deze mail|_deze e mail|_het bericht|_dit als" },
	{ C_NOW, "_vanaf nu|_je nieuwe taak|_nieuwe instructies|_je bent nu" },
	{ C_OUTPUT, "_antwoord_|_geef alleen|_reageer" },
	{ C_FORM, "_alleen_|_uitsluitend|_precies_|_het woord" },
	{ C_IF_MODEL, "_als je een ai_|_als je een taalmodel|_als u een ai_|_je bent een ai_" },
	/* Polish, Czech */
	{ C_IGNORE,
	  "_zignoruj|_ignoruj|_zapomnij|_pomin_|_nie zwazaj|_zapomen|_prehlizej|_odrzuc" },
	{ C_PRIOR, "_poprzedni|_wczesniejsz|_wszystkie_|_powyzsz|_twoje_|_predchoz|_vsechny|_"
		   "drivejsi|_dotychczasow" },
	{ C_RULES, "_instrukc|_polecen|_reguly_|_zasady_|_wytyczn|_pokyny_|_pravidla_|_dyrektyw" },
	{ C_SYSTEM, "_komunikat systemowy|_prompt systemowy|_systemovy prompt|_systemova zprava" },
	{ C_MODEL, "_model jezykowy|_modelu jezykowy|_sztuczna inteligencj|_asystent ai|_jazykovy "
		   "model|_umela inteligence" },
	{ C_FILTER,
	  "_filtr antyspamowy|_filtrze antyspamowy|_filtru spamu|_spamovy filtr|_klasyfikator" },
	{ C_CLASSIFY,
	  "_sklasyfikuj|_zaklasyfikuj|_oznacz|_potraktuj|_uznaj|_ocen|_klasyfikuj|_klasifikuj" },
	{ C_HAM, "_legaln|_nie spam|_nie jako spam|_bezpieczn|_nieszkodliw|_zaufan|_neni "
		 "spam|_legitimni|_bezpecn|_wiarygodn|"
		 "_pozadan" },
	{ C_THIS, "_te wiadomosc|_ta wiadomosc|_tej wiadomosci|_wiadomosc_|_tuto zpravu|_tento "
		  "email|_ten e mail" },
	{ C_NOW, "_od teraz|_twoje nowe zadanie|_nowe instrukcje|_jestes teraz|_od nynejska|_nove "
		 "pokyny" },
	{ C_OUTPUT, "_odpowiedz|_zwroc_|_odpovez|_wypisz" },
	{ C_FORM, "_tylko_|_wylacznie|_dokladnie|_pouze|_slowo_" },
	{ C_IF_MODEL, "_jesli jestes modelem|_jezeli jestes modelem|_jesli jestes ai|_pokud jste "
		      "ai|_pokud jsi" },
	/* Russian, Ukrainian */
	{ C_IGNORE, "_игнорир|_проигнорир|_забудь|_забудьте|_не "
		    "обращай|_отмени|_пренебрег|_ігнору|_проігнору|_забудьте|"
		    "_не учитывай|_не следуй" },
	{ C_PRIOR,
	  "_предыдущ|_прежн|_все_|_всех_|_выше|_ранее|_твои_|_попередн|_усі_|_всі_|_системн" },
	{ C_RULES, "_инструкц|_указани|_правила_|_команды_|_директив|_інструкц|_вказівк|_промпт" },
	{ C_SYSTEM, "_системный промпт|_системное сообщение|_системную подсказку|_системные "
		    "инструкции|_системний" },
	{ C_MODEL, "_языковая модель|_языковой модел|_искусственн|_нейросет|_ии ассистент|_мовна "
		   "модель|_штучн|_ии_" },
	{ C_FILTER, "_спам фильтр|_фильтр спама|_спам фільтр|_классификатор|_антиспам" },
	{ C_CLASSIFY,
	  "_классифицир|_отметь|_пометь|_считай|_оцени|_присвой|_класифік|_познач|_считать_" },
	{ C_HAM, "_не спам|_безопасн|_легитимн|_законн|_доверенн|_нежелательным "
		 "не|_безпечн|_легітимн|_надежн|_не є спам|"
		 "_как хам" },
	{ C_THIS, "_это письмо|_это сообщение|_данное письмо|_этого письма|_цей лист|_це "
		  "повідомлення|_это как" },
	{ C_NOW, "_отныне|_с этого момента|_твоя новая задача|_новые инструкции|_теперь "
		 "ты|_відтепер|_нові інструкції" },
	{ C_OUTPUT, "_ответь|_ответьте|_верни_|_выведи|_відповідай|_отвечай" },
	{ C_FORM, "_только_|_лишь_|_ровно_|_слово_|_слова_|_тільки|_словом_" },
	{ C_ADMIN, "_как администратор|_я администратор|_от имени администратора" },
	{ C_IF_MODEL, "_если ты языков|_если вы языков|_если ты ии|_если вы ии|_если ты "
		      "искусств|_якщо ти|_ты языковая модель" },
	/* Turkish, Swedish, Danish, Norwegian, Finnish */
	{ C_IGNORE, "_yok say|_gormezden gel|_unut|_dikkate alma|_goz ardi|_goz "
		    "ardı|_ignorera|_bortse|_glom_|_ignorer|"
		    "_glem_|_se bort fra|_ala valita|_unohda|_ohita|_dikkate almayin|_gormezden" },
	{ C_PRIOR, "_onceki|_tum_|_yukaridaki|_yukarıdaki|_butun_|_tidigare|_foregaende|_alla_|_"
		   "tidligere|_alle_|_ovenstaende|"
		   "_aiemmat|_aiemmin|_kaikki_|_edelliset|_bundan once" },
	{ C_RULES, "_talimat|_kurallari|_komutlari|_kuralları|_komutları|_yonerge|_instruktion|_"
		   "regler|_ohjeet|_ohjeita|"
		   "_saannot|_instruks|_anvisning" },
	{ C_MODEL, "_dil modeli|_yapay zek|_sprakmodell|_sprogmodel|_kielimalli|_tekoaly|_kunstig "
		   "intelligens|_ai assistent" },
	{ C_FILTER, "_spam filtresi|_skrappostfilter|_spamfilter|_roskapostisuodat" },
	{ C_CLASSIFY, "_siniflandir|_sınıflandır|_isaretle|_işaretle|_kabul "
		      "et|_klassificera|_markera|_klassificer|_marker|"
		      "_luokittele|_merkitse|_degerlendir|_klassifiser|_bedom" },
	{ C_HAM, "_spam degil|_guvenli|_mesru|_guvenilir|_zararsiz|_zararsız|_inte "
		 "skrappost|_legitim|_saker|_ikke spam|_sikker|"
		 "_turvallinen|_turvalliseksi|_ei roskapost|_inte spam|_palitlig" },
	{ C_THIS, "_bu mesaj|_bu e posta|_bu eposta|_bu ileti|_detta meddelande|_detta mejl|_denne "
		  "mail|_denne besked|_tama viesti|"
		  "_denne meldingen|_taman viestin|_dette" },
	{ C_OUTPUT, "_yanit ver|_yanıt ver|_cevap ver|_cevabi|_svara|_svar_|_vastaa" },
	{ C_FORM, "_yalnizca|_yalnızca|_sadece|_endast|_bara_|_kun_|_vain_" },
	{ C_IF_MODEL, "_eger bir yapay|_eger bir dil modeli|_eğer bir yapay|_om du ar en ai|_om du "
		      "ar en sprak|_hvis du er en ai|"
		      "_jos olet" },
	{ C_CLASSIFY | C_ORDER,
	  "_classificeer|_beoordeel dit|_beoordeel deze|_beschouw dit|_beschouw deze|_sklasyfikuj|"
	  "_zaklasyfikuj|_potraktuj|_klasifikuj|_классифицир|_класифік|_считай это|_siniflandir|"
	  "_sınıflandır|_klassificera|_klassificer|_klassifiser|_luokittele|_oceń tę|_ocen te" },
	/* Swahili, Malay, Filipino, Latin, Esperanto */
	{ C_IGNORE, "_puuza_|_puuzia_|_sahau_|_balewalain|_kalimutan|_huwag pansinin|_neglege_|"
		    "_obliviscere|_ignoru_|_forgesu_" },
	{ C_PRIOR,
	  "_yote_|_yaliyotangulia|_ya awali_|_ya hapo awali|_terdahulu|_nakaraang|_lahat_|_"
	  "priora_|_omnia_|_antauajn|_ciujn_" },
	{ C_RULES,
	  "_maagizo_|_maelekezo_|_kanuni_|_arahan_|_tagubilin|_utos_|_praecepta_|_mandata_|_"
	  "instrukciojn" },
	{ C_CLASSIFY | C_ORDER, "_uainishe_|_weka alama_|_iuriin_|_iudica_|_klasifiku_" },
	{ C_HAM, "_halali_|_salama_|_lehitimo|_ligtas_|_legitimam_|_legitima_" },
	{ C_THIS,
	  "_barua pepe hii|_barua hii|_ujumbe huu|_mesej ini|_emel ini|_mensaheng ito|_email na "
	  "ito|_hanc epistulam|_ci tiun mesagon" },
	/* Chinese, both scripts */
	{ C_IGNORE, "忽略|无视|無視|忘记|忘記|不要理会|不要遵守|不理会|绕过|繞過|覆盖|推翻" },
	{ C_PRIOR, "之前|以前|先前|所有|上述|以上|前面|全部|此前|原有|你的" },
	{ C_RULES, "指令|指示|规则|規則|提示词|提示詞|命令|说明|說明|要求|设定" },
	{ C_SYSTEM, "系统提示|系統提示|系统消息|系統訊息|系统指令|系統指令" },
	{ C_MODEL, "语言模型|語言模型|人工智能|人工智慧|大模型|智能助手|机器人|ai助手|ai助理|"
		   "ai模型|ai系统" },
	{ C_FILTER, "垃圾邮件过滤|垃圾郵件過濾|过滤器|過濾器|分类器|分類器|反垃圾" },
	{ C_CLASSIFY,
	  "分类为|分類為|标记为|標記為|归类|歸類|视为|視為|判定为|判定為|判断为|认定|评为|设为" },
	{ C_HAM, "正常邮件|正常郵件|合法|安全|不是垃圾|非垃圾|无害|無害|可信|正常" },
	{ C_THIS, "这封邮件|這封郵件|此邮件|此郵件|本邮件|本郵件|该邮件|這封信|这封信|此消息" },
	{ C_NOW,
	  "从现在起|從現在起|从现在开始|從現在開始|你现在是|你現在是|你的新任务|新的指令|新指令" },
	{ C_OUTPUT, "回答|回复|回覆|输出|輸出|返回|只需" },
	{ C_FORM, "只|仅|僅|一个词|一個詞" },
	{ C_REVEAL, "透露|泄露|显示你|重复你|打印" },
	{ C_IF_MODEL, "如果你是ai|如果你是人工|如果你是语言|如果你是一个ai|如果您是ai|如果你是語言|"
		      "作为ai|作為ai|作为一个ai" },
	{ C_ADMIN, "作为管理员|作為管理員|我是管理员|我是管理員|作为邮件管理员" },
	/* Japanese */
	{ C_IGNORE, "無視|忘れて|従わない|無効に|破棄" },
	{ C_PRIOR, "以前の|これまでの|すべての|全ての|上記の|前の|以前|あなたの|今までの" },
	{ C_RULES, "指示|命令|ルール|プロンプト|規則|指令" },
	{ C_SYSTEM, "システムプロンプト|システムメッセージ|システム指示" },
	{ C_MODEL, "言語モデル|人工知能|aiアシスタント|aiモデル|アシスタントへ|aiへ" },
	{ C_FILTER, "スパムフィルタ|迷惑メールフィルタ|フィルター|分類器" },
	{ C_CLASSIFY, "分類し|判定し|みなし|マークし|評価し|分類して|扱って" },
	{ C_HAM, "正当|安全|スパムではない|迷惑メールではない|無害|正規の|正常な" },
	{ C_THIS, "このメール|このメッセージ|本メール|当メール" },
	{ C_NOW, "これから|今後|新しい指示|あなたは今|新しい役割" },
	{ C_OUTPUT, "回答し|返答し|出力し|答えて|返信して|出力して" },
	{ C_FORM, "だけ|のみ" },
	{ C_IF_MODEL, "あなたがaiなら|あなたがaiの場合|もしあなたがai|aiである場合|あなたはai" },
	/* Korean */
	{ C_IGNORE, "무시하|무시해|잊어|잊으|따르지 마|무시하고" },
	{ C_PRIOR, "이전의|이전 |모든 |위의 |앞선|기존|지금까지|이전" },
	{ C_RULES, "지시|명령|규칙|프롬프트|지침" },
	{ C_SYSTEM, "시스템 프롬프트|시스템 메시지|시스템 지침" },
	{ C_MODEL, "언어 모델|인공지능|ai 비서|ai 어시스턴트|ai 모델|언어모델" },
	{ C_FILTER, "스팸 필터|스팸필터|분류기" },
	{ C_CLASSIFY, "분류하|표시하|간주하|처리하|평가하|분류해|판단하" },
	{ C_HAM, "정상|안전|스팸이 아|합법|무해|신뢰" },
	{ C_THIS, "이 메일|이 이메일|이 메시지|본 메일|이 편지" },
	{ C_NOW, "지금부터|이제부터|새로운 지시|새 지시|당신은 이제" },
	{ C_OUTPUT, "답하|답변하|응답하|출력하|대답" },
	{ C_FORM, "만 |오직|로만|라고만" },
	{ C_IF_MODEL, "당신이 ai|만약 ai|당신이 언어|ai라면" },
	/* Arabic, Persian, Hebrew */
	{ C_IGNORE, "تجاهل|تجاهلي|انس |انسى|تخطى|لا تتبع|نادیده بگیر|فراموش کن|התעלם|שכח|התעלמי" },
	{ C_PRIOR, "السابقة|جميع|كل |أعلاه|اعلاه|قبل|قبلی|تمام|הקודמות|כל |לעיל" },
	{ C_RULES, "التعليمات|تعليمات|الأوامر|الاوامر|القواعد|دستور|دستورات|دستورالعمل|قوانین|"
		   "ההוראות|הוראות|הכללים" },
	{ C_MODEL, "نموذج لغوي|نموذج اللغة|الذكاء الاصطناعي|ذكاء اصطناعي|مساعد ذكي|هوش مصنوعی|مدل "
		   "زبانی|מודל שפה|בינה מלאכותית" },
	{ C_FILTER, "مرشح البريد|فلتر البريد|مرشح الرسائل|فیلتر هرزنامه|מסנן הספאם|מסנן" },
	{ C_CLASSIFY, "صنف|صنّف|اعتبر|قم بتصنيف|ضع علامة|تصنيف|طبقه بندی|علامت|סווג|סמן|תסווג" },
	{ C_HAM, "آمن|امن|شرعي|مشروع|ليست مزعجة|غير مزعج|ليس بريد|موثوق|ایمن|معتبر|لیست هرزنامه "
		 "نیست|לגיטימי|בטוח|לא ספאם" },
	{ C_THIS, "هذه الرسالة|هذا البريد|الرسالة|این پیام|این ایمیل|ההודעה הזו|הודעה זו|המייל" },
	{ C_OUTPUT, "أجب|اجب|رد ب|الرد|أخرج|پاسخ بده|ענה|השב" },
	{ C_FORM, "فقط|رק|רק |בלבד" },
	{ C_IF_MODEL, "إذا كنت نموذج|اذا كنت نموذج|إذا كنت ذكاء|اذا كنت ذكاء|اگر تو یک|אם אתה "
		      "מודל|אם אתה בינה" },
	/* Hindi, Indonesian, Vietnamese, Thai, Greek, Hungarian, Romanian */
	{ C_IGNORE, "अनदेखा|नजरअंदाज|नज़रअंदाज़|भूल जाओ|भूल जाइए|_abaikan|_lupakan|_bo "
		    "qua|_quen_|เพิกเฉย|ไม่ต้องสนใจ|ละเว้น|"
		    "_αγνοησ|_ξεχνα|_hagyd figyelmen|_felejtsd|_ignora|_ignorati|_uita" },
	{ C_PRIOR, "पिछले|पिछली|सभी|ऊपर|पहले|_sebelumnya|_semua|_di atas|_truoc|_tat "
		   "ca|_moi_|ก่อนหน้า|ทั้งหมด|_προηγουμεν|_ολες_|"
		   "_korabbi|_elozo|_osszes|_anterioare|_toate_|_precedente" },
	{ C_RULES, "निर्देश|नियम|आदेश|_instruksi|_perintah|_aturan|_huong dan|_chi dan|_quy tac|_chi "
		   "thi|คำสั่ง|คำแนะนำ|กฎ|"
		   "_οδηγι|_κανονες|_utasitas|_szabaly|_instructiunil|_regulil" },
	{ C_MODEL, "भाषा मॉडल|कृत्रिम बुद्धि|एआई|_model bahasa|_kecerdasan buatan|_asisten ai|_mo hinh "
		   "ngon ngu|_tri tue nhan tao|"
		   "โมเดลภาษา|ปัญญาประดิษฐ์|_γλωσσικο μοντελο|_τεχνητη νοημοσυνη|_nyelvi "
		   "modell|_mesterseges intelligencia|"
		   "_model lingvistic|_inteligenta artificiala" },
	{ C_CLASSIFY, "वर्गीकृत|चिह्नित|मानें|मानो|_klasifikasikan|_tandai|_anggap|_phan loai|_danh "
		      "dau|_coi_|จัดประเภท|ทำเครื่องหมาย|"
		      "_ταξινομησ|_χαρακτηρισ|_minosits|_jelold|_clasific|_marcheaza|_considera" },
	{ C_HAM, "सुरक्षित|वैध|स्पैम नहीं|_aman_|_bukan spam|_sah_|_an toan|_khong phai spam|_khong phai "
		 "thu rac|_hop le|ปลอดภัย|"
		 "ไม่ใช่สแปม|ถูกต้อง|_ασφαλ|_νομιμο|_οχι spam|_biztonsag|_nem spam|_legitim|_nu este "
		 "spam|_sigur" },
	{ C_THIS, "इस संदेश|इस ईमेल|यह संदेश|यह ईमेल|_pesan ini|_email ini|_surel ini|_thu nay|_email "
		  "nay|_tin nhan nay|ข้อความนี้|"
		  "อีเมลนี้|_αυτο το μηνυμα|_το μηνυμα αυτο|_ezt az uzenetet|_ezt a levelet|_acest "
		  "mesaj|_acest email" },
	{ C_OUTPUT, "उत्तर|जवाब|_jawab|_balas|_tra loi|ตอบ|_απαντησ|_valaszolj|_raspunde" },
	{ C_FORM, "केवल|सिर्फ|_hanya|_saja|_chi_|_duy nhat|เท่านั้น|_μονο|_csak|_doar|_numai" },
	{ C_CLASSIFY | C_ORDER,
	  "分类为|分類為|归类为|歸類為|标记为正常|標記為正常|视为|視為|判定为|判定為|分類し|判定し|"
	  "分類して|"
	  "분류하|분류해|صنف|صنّف|قم بتصنيف|طبقه بندی|वर्गीकृत|_klasifikasikan|_phan loai|จัดประเภท|"
	  "_ταξινομησ|_minosits|סווג|תסווג" },
	{ 0, NULL },
};

/* Of text in small letters without blanks; a line begins with "_". */
const struct phrase_row llm_phrases_signs[] = {
	{ C_TURN,
	  "<|im_start|>|<|im_end|>|<|system|>|<|user|>|<|assistant|>|<|endoftext|>|<|eot_id|>|"
	  "<|start_header_id|>|<|end_header_id|>|<|begin_of_text|>|<|endofprompt|>|<start_of_turn>|"
	  "<end_of_turn>|[inst]|[/inst]|<<sys>>|<</"
	  "sys>>|\"role\":\"system\"|\"role\":\"assistant\"|"
	  "'role':'system'|'role':'assistant'|</user_message>|<system_prompt>|</untrusted|</"
	  "email_content>|"
	  "[systemmessage]|<tool_call>|</"
	  "tool_response>|<function_calls>|\"tool_calls\"|[tool_calls]|"
	  "<ai-directive|<ai-instruction|<llm-|?llmverdict|?llmlabel|?llm-|<system-reminder>|<|"
	  "channel|>|<|start|>|###instruction:|###system:|###response:|<|end|"
	  ">" },
	{ C_TURN2, "_system:|_systemprompt:|_systemmessage:|_**system**:|_**system:**|_developer:|_"
		   "##system|_#system|"
		   "_systemoverride|</system>|<system>|[system]|_###system|<assistant>|[/"
		   "system]|_>system:|[assistant]" },
	{ C_TURN3, "_assistant:|_user:|_human:|_ai:|_model:|_**assistant**:|_**assistant:**|_##"
		   "assistant|_bot:|"
		   "_**user:**|_finalanswer:|_answer:{|_verdict:|_output:{|_response:{|</"
		   "assistant>|_>assistant:|</think>|"
		   "_###assistant" },
	{ C_FIELD, "p_spam|p_phish|\"is_spam\":false|\"spam\":false|\"phishing\":false|\"is_"
		   "phishing\":false|"
		   "\"canary\"|_spam_filter:|_spamfilter:|_llm_directive:|_ai_directive:|_llm:" },
	{ C_FIELD | C_FIELD2, "p_spam0|p_spamto0|p_spamof0|p_spam=0|p_spam:0" },
	{ C_FIELD2, "\"label\":\"|'label':'|\"verdict\":\"|\"classification\":\"|\"reasons\":[|"
		    "label=ham|label\\\":|"
		    "'verdict':'|\"result\":\"ham|\"category\":\"ham|\"imitates\":|\"confidence\":|"
		    "\"p_phish\":|"
		    "label:ham|verdict:ham|_classification:trusted|_classification:clean|"
		    "_classification:safe|_classification:ham|_verdict:clean|_verdict:trusted" },
	{ C_FENCE, "</mail>|</message>|</email>|_endofemail|_maildataend" },
	{ 0, NULL },
};

#define INSTRUCTION LLM_SIGN_INSTRUCTION
#define ROLE LLM_SIGN_ROLE
#define ANSWER LLM_SIGN_ANSWER
#define ADDRESSED LLM_SIGN_ADDRESSED

const struct phrase_rule llm_phrase_rules[] = {
	{ INSTRUCTION, C_IGNORE | C_PRIOR | C_RULES, 56 },
	{ INSTRUCTION, C_IGNORE | C_SYSTEM, 48 },
	{ INSTRUCTION, C_REVEAL | C_SYSTEM, 48 },
	{ INSTRUCTION, C_NOW | C_CLASSIFY | C_HAM | C_THIS, 160 },
	{ INSTRUCTION, C_NOW | C_MODEL | C_OUTPUT | C_HAM, 200 },
	{ INSTRUCTION, C_NOW | C_RULES | C_HAM | C_THIS, 160 },
	{ INSTRUCTION, C_MODE | C_CLASSIFY | C_HAM | C_THIS, 240 },
	{ INSTRUCTION, C_MODE | C_FILTER | C_CLASSIFY, 160 },
	{ INSTRUCTION, C_MODE | C_IGNORE | C_RULES, 160 },
	{ INSTRUCTION, C_SUMMARY | C_CLASSIFY | C_HAM, 200 },
	{ INSTRUCTION, C_SUMMARY | C_OUTPUT | C_HAM, 200 },
	{ INSTRUCTION, C_SUMMARY | C_TOOL | C_THIS, 200 },
	{ INSTRUCTION, C_SUMMARY | C_THIS | C_HAM, 120 },
	{ ADDRESSED, C_MODEL | C_CLASSIFY | C_HAM | C_THIS, 200 },
	{ ADDRESSED, C_MODEL | C_OUTPUT | C_HAM | C_THIS, 200 },
	{ ADDRESSED, C_CALL | C_CLASSIFY | C_HAM, 200 },
	{ ADDRESSED, C_CALL | C_THIS | C_HAM, 160 },
	{ ADDRESSED, C_CALL | C_OUTPUT, 120 },
	{ ADDRESSED, C_CALL | C_ADMIN, 160 },
	{ ADDRESSED, C_ADMIN | C_CLASSIFY | C_HAM | C_THIS, 240 },
	{ ADDRESSED, C_IF_MODEL | C_CLASSIFY | C_THIS, 200 },
	{ ADDRESSED, C_IF_MODEL | C_THIS | C_HAM, 200 },
	{ ADDRESSED, C_IF_MODEL | C_OUTPUT | C_FORM, 160 },
	{ ADDRESSED, C_IF_MODEL | C_OUTPUT | C_HAM, 160 },
	{ ADDRESSED, C_IF_MODEL | C_IGNORE | C_RULES, 160 },
	{ ADDRESSED, C_IF_MODEL | C_TOOL, 160 },
	{ ANSWER, C_FIELD | C_FIELD2, 200 },
	{ ANSWER, C_OUTPUT | C_FORM | C_HAM, 64 },
	{ ANSWER, C_OUTPUT | C_FIELD, 160 },
	{ ANSWER, C_ORDER | C_HAM | C_THIS, 80 },
	{ ROLE, C_TURN, 1 },
	{ ROLE, C_TURN2 | C_TURN3 | C_HAM, 500 },
	{ ROLE, C_TURN2 | C_CLASSIFY | C_HAM | C_THIS, 240 },
	{ ROLE, C_TURN2 | C_IGNORE | C_RULES, 160 },
	{ ROLE, C_TURN3 | C_FIELD2, 200 },
	{ ROLE, C_FENCE | C_CLASSIFY | C_HAM | C_THIS, 240 },
	{ ROLE, C_FENCE | C_RULES | C_OUTPUT, 160 },
	{ ROLE, C_FENCE | C_SYSTEM, 200 },
	{ ROLE, C_FENCE | C_NOW, 160 },
	{ 0, 0, 0 },
};
