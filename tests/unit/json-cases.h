/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is JSON and what is not, rule by rule of RFC 8259, whose section stands above each group.
 * Besides, refused are the few things that the RFC leaves to the reader, and that would be lost or
 * mean two things: a member twice, NUL characters, half of a surrogate pair, integers beyond 64 bits.
 */
#ifndef APQD_TESTS_UNIT_JSON_CASES_H
#define APQD_TESTS_UNIT_JSON_CASES_H

#include <stddef.h>

struct json_case {
	const char *text;
	size_t length;		/* for it may hold NUL bytes */
};

#define JSON_CASE(text_) { .text = (text_), .length = sizeof(text_) - 1 }

static const struct json_case json_accepted[] = {
	/* 2: one value of any kind, with four kinds of white space around every token */
	JSON_CASE("{}"), JSON_CASE("[]"), JSON_CASE("\"\""), JSON_CASE("7"), JSON_CASE("true"),
	JSON_CASE("false"), JSON_CASE("null"), JSON_CASE(" 7"), JSON_CASE("7 "),
	JSON_CASE("\n\r\t 7\t\r\n "), JSON_CASE(" null "), JSON_CASE("\ttrue\n"),
	JSON_CASE("\r\nfalse\r\n"), JSON_CASE(" \"a\" "),
	JSON_CASE(" { \"a\" : 1 , \"b\" : [ 2 , 3 ] } "), JSON_CASE("{\n\t\"a\"\r\n:\t1\n}"),
	JSON_CASE("[\n]"), JSON_CASE("{\t}"), JSON_CASE("[ [ ] , { } ]"),
	/* 4: objects, whose names are any strings, the empty one too */
	JSON_CASE("{\"\":0}"), JSON_CASE("{\"a\":{}}"), JSON_CASE("{\"a\":[],\"b\":null}"),
	JSON_CASE("{\"a\":1,\"A\":2,\"a \":3}"), JSON_CASE("{\"a\":{\"a\":{\"a\":{}}}}"),
	JSON_CASE("{\"\\\"\":1,\"\\\\\":2,\"/\":3}"), JSON_CASE("{\"\\u0061\":1,\"b\":2}"),
	JSON_CASE("{\"null\":null,\"true\":true}"), JSON_CASE("{\"\303\244\":\"\303\266\"}"),
	/* 5: lists of what differs */
	JSON_CASE("[1,\"1\",true,null,[1],{\"1\":1}]"), JSON_CASE("[null,null]"),
	JSON_CASE("[[],[],[[]]]"), JSON_CASE("[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]"),
	JSON_CASE("[0,0,0]"),
	/* 6: numbers */
	JSON_CASE("0"), JSON_CASE("-0"), JSON_CASE("-1"), JSON_CASE("10"), JSON_CASE("1.5"),
	JSON_CASE("-1.50"), JSON_CASE("0.0"), JSON_CASE("-0.0"), JSON_CASE("0e0"),
	JSON_CASE("0E+1"), JSON_CASE("1e5"), JSON_CASE("1E5"), JSON_CASE("1e+5"),
	JSON_CASE("1e-5"), JSON_CASE("1e05"), JSON_CASE("1.25e-007"), JSON_CASE("[1,-2,3.5,4e1]"),
	JSON_CASE("{\"a\":-1}"), JSON_CASE("9223372036854775807"),
	JSON_CASE("-9223372036854775808"), JSON_CASE("0.1234567890123456789012345678901234567890"),
	JSON_CASE("1e300"), JSON_CASE("-1e-300"),
	/* 7: strings: each escape, and all that needs none */
	JSON_CASE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), JSON_CASE("\"/\""), JSON_CASE("\"'\""),
	JSON_CASE("\"\177\""), JSON_CASE("\"\\u0001\\u001f\\u0020\\u007f\\u0080\""),
	JSON_CASE("\"\\u00E9\\u00e9\\uABCD\\uabcd\""),
	JSON_CASE("\"\\uFFFF\\uFFFE\\uD7FF\\uE000\""), JSON_CASE("\"\\uD83D\\uDE00\""),
	JSON_CASE("\"\\ud800\\udc00\""), JSON_CASE("\"\\uDBFF\\uDFFFx\""),
	JSON_CASE("\"\\ud83d\\ude00\\ud83d\\ude00\""), JSON_CASE("\"\\\\u0000\""),
	JSON_CASE("\"\\\\ud800\""), JSON_CASE("\"\\\\\\\"\""), JSON_CASE("\"[1,]{}//:,NaN\""),
	JSON_CASE("\"u0000\""), JSON_CASE("\" \""), JSON_CASE("\"\\u0022\\u005c\""),
	JSON_CASE("\"\\u2028\\u2029\""),
	/* 8.1: UTF-8, the first and the last character of each length */
	JSON_CASE("\"\302\200\337\277\""), JSON_CASE("\"\340\240\200\357\277\277\""),
	JSON_CASE("\"\360\220\200\200\364\217\277\277\""),
	JSON_CASE("\"\355\237\277\356\200\200\""), JSON_CASE("\"\342\200\250\342\200\251\""),
	JSON_CASE("\"a\357\273\277b\""), JSON_CASE("[\"\303\251\",1]"),
};

static const struct json_case json_refused[] = {
	/* 2: no value, or more than one */
	JSON_CASE(""), JSON_CASE(" "), JSON_CASE("\n"), JSON_CASE("1 2"), JSON_CASE("[][]"),
	JSON_CASE("[] []"), JSON_CASE("{}{}"), JSON_CASE("{\"a\":1}{"), JSON_CASE("{} 1"),
	JSON_CASE("1,"), JSON_CASE(",1"), JSON_CASE(","), JSON_CASE(":"), JSON_CASE("\"a\" \"b\""),
	JSON_CASE("\"a\"x"), JSON_CASE("\"a\":1"), JSON_CASE("true false"),
	JSON_CASE("null\nnull"), JSON_CASE("[1]x"), JSON_CASE("[1],"), JSON_CASE("[1]]"),
	JSON_CASE("{}}"), JSON_CASE("]"), JSON_CASE("}"), JSON_CASE(")"), JSON_CASE("a"),
	JSON_CASE("\\"), JSON_CASE("\\u005b]"),
	/* 2: other white space, and what other languages take for it */
	JSON_CASE("\f1"), JSON_CASE("\v1"), JSON_CASE("1\f"), JSON_CASE("1\v"), JSON_CASE("[\f]"),
	JSON_CASE("{\v}"), JSON_CASE("[1,\v2]"), JSON_CASE("{\"a\"\f:1}"), JSON_CASE("\b1"),
	JSON_CASE("[\0331]"), JSON_CASE("[\177]"), JSON_CASE("\302\240{}"),
	JSON_CASE("[\302\2401]"), JSON_CASE("[\342\200\250]"), JSON_CASE("{}\343\200\200"),
	JSON_CASE("\342\201\2401"), JSON_CASE("\\n1"),
	/* 2: comments */
	JSON_CASE("/**/1"), JSON_CASE("/* a */ {}"), JSON_CASE("1 // a"), JSON_CASE("1//"),
	JSON_CASE("[1/**/]"), JSON_CASE("{\"a\"/**/:1}"), JSON_CASE("{\"a\":/**/1}"),
	JSON_CASE("{}#a"), JSON_CASE("#a\n{}"), JSON_CASE("{}/"), JSON_CASE("--1"),
	JSON_CASE("<!-- -->1"),
	/* 2: NUL bytes */
	JSON_CASE("\0"), JSON_CASE("1\0"), JSON_CASE("\0" "1"), JSON_CASE("[1]\0"),
	JSON_CASE("[1]\0[2]"), JSON_CASE("[\0]"), JSON_CASE("{\"a\"\0:1}"), JSON_CASE("\"a\0b\""),
	JSON_CASE("{\"a\0\":1}"), JSON_CASE("nul\0l"),
	/* 3: the three words, exactly */
	JSON_CASE("nul"), JSON_CASE("nulll"), JSON_CASE("nullx"), JSON_CASE("null1"),
	JSON_CASE("n"), JSON_CASE("NULL"), JSON_CASE("Null"), JSON_CASE("nuLL"), JSON_CASE("tru"),
	JSON_CASE("truee"), JSON_CASE("True"), JSON_CASE("TRUE"), JSON_CASE("fals"),
	JSON_CASE("False"), JSON_CASE("FALSE"), JSON_CASE("falsetrue"), JSON_CASE("[nul]"),
	JSON_CASE("[True]"), JSON_CASE("[nu ll]"), JSON_CASE("{\"a\":tru}"),
	JSON_CASE("undefined"), JSON_CASE("nil"), JSON_CASE("yes"), JSON_CASE("{\"a\":None}"),
	JSON_CASE("true\"\""),
	/* 4: objects */
	JSON_CASE("{"), JSON_CASE("{\""), JSON_CASE("{\"a"), JSON_CASE("{\"a\""),
	JSON_CASE("{\"a\":"), JSON_CASE("{\"a\":1"), JSON_CASE("{\"a\":1,"),
	JSON_CASE("{\"a\":1,}"), JSON_CASE("{\"a\":1,,\"b\":2}"), JSON_CASE("{,}"),
	JSON_CASE("{,\"a\":1}"), JSON_CASE("{\"a\"}"), JSON_CASE("{\"a\":}"),
	JSON_CASE("{\"a\",\"b\"}"), JSON_CASE("{\"a\" 1}"), JSON_CASE("{\"a\"::1}"),
	JSON_CASE("{\"a\"=1}"), JSON_CASE("{\"a\":1 \"b\":2}"), JSON_CASE("{\"a\":1;\"b\":2}"),
	JSON_CASE("{\"a\":1:2}"), JSON_CASE("{:1}"), JSON_CASE("{1:1}"), JSON_CASE("{a:1}"),
	JSON_CASE("{null:1}"), JSON_CASE("{true:1}"), JSON_CASE("{[]:1}"), JSON_CASE("{{}:1}"),
	JSON_CASE("{'a':1}"), JSON_CASE("{\"a':1}"), JSON_CASE("{\"a\":1]"),
	JSON_CASE("{\"a\":[1}"), JSON_CASE("{\"a\":{\"b\":1}"), JSON_CASE("{1}"),
	JSON_CASE("{[]}"), JSON_CASE("{\"a\":1}}"),
	/* 4: a member twice, however it is written */
	JSON_CASE("{\"a\":1,\"a\":1}"), JSON_CASE("{\"a\":1,\"b\":2,\"a\":3}"),
	JSON_CASE("{\"\":1,\"\":2}"), JSON_CASE("{\"a\":1,\"\\u0061\":2}"),
	JSON_CASE("{\"/\":1,\"\\/\":2}"), JSON_CASE("[{\"a\":null,\"a\":null}]"),
	JSON_CASE("{\"b\":[{\"a\":1,\"c\":2,\"a\":3}]}"),
	JSON_CASE("{\"\303\251\":1,\"\\u00e9\":2}"),
	/* 5: lists */
	JSON_CASE("["), JSON_CASE("[1"), JSON_CASE("[1,"), JSON_CASE("[1,]"), JSON_CASE("[,]"),
	JSON_CASE("[,1]"), JSON_CASE("[1,,2]"), JSON_CASE("[1,2,]"), JSON_CASE("[\"a\",]"),
	JSON_CASE("[[],]"), JSON_CASE("[1 2]"), JSON_CASE("[1;2]"), JSON_CASE("[1:2]"),
	JSON_CASE("[\"a\":1]"), JSON_CASE("[\"a\" \"b\"]"), JSON_CASE("[1}"), JSON_CASE("[1)"),
	JSON_CASE("[[1]"), JSON_CASE("[]]"), JSON_CASE("[{]}"), JSON_CASE("[{}"), JSON_CASE("[[]"),
	JSON_CASE("[\n1\n,"), JSON_CASE("[1,...]"), JSON_CASE("(1)"), JSON_CASE("[*]"),
	JSON_CASE("[\303\251]"), JSON_CASE("[\"\303\251\",]"), JSON_CASE("[\"\303\251\" 1]"),
	JSON_CASE("[\"\303\251\",True]"), JSON_CASE("\"\303\251\" 2"),
	JSON_CASE("{\"\303\251\":1,}"),
	/* 6: numbers that are written otherwise */
	JSON_CASE("00"), JSON_CASE("01"), JSON_CASE("-01"), JSON_CASE("-00"), JSON_CASE("007.5"),
	JSON_CASE("[0123]"), JSON_CASE("+1"), JSON_CASE("++1"), JSON_CASE("[+0]"), JSON_CASE("-"),
	JSON_CASE("[-]"), JSON_CASE("- 1"), JSON_CASE("-a"), JSON_CASE("-\"1\""), JSON_CASE(".5"),
	JSON_CASE("-.5"), JSON_CASE("[.5]"), JSON_CASE("."), JSON_CASE("1."), JSON_CASE("-1."),
	JSON_CASE("[1.]"), JSON_CASE("0.e1"), JSON_CASE("1.e1"), JSON_CASE("1.5.2"),
	JSON_CASE("1..5"), JSON_CASE("1e"), JSON_CASE("1E"), JSON_CASE("1e+"), JSON_CASE("1e-"),
	JSON_CASE("[1e]"), JSON_CASE("e5"), JSON_CASE("-e5"), JSON_CASE("1e1.5"),
	JSON_CASE("1e1e1"), JSON_CASE("1ee1"), JSON_CASE("1e+-1"), JSON_CASE("1e 1"),
	JSON_CASE("1 e1"), JSON_CASE("1-2"), JSON_CASE("1+2"), JSON_CASE("1-"), JSON_CASE("1 000"),
	JSON_CASE("1_000"), JSON_CASE("1,000"), JSON_CASE("0x10"), JSON_CASE("0X10"),
	JSON_CASE("-0x1"), JSON_CASE("0b1"), JSON_CASE("0o7"), JSON_CASE("1a"), JSON_CASE("1f"),
	JSON_CASE("1.0f"), JSON_CASE("10n"), JSON_CASE("1L"), JSON_CASE("1\""), JSON_CASE("1["),
	JSON_CASE("[1true]"), JSON_CASE("[1\"a\"]"), JSON_CASE("[1[]]"), JSON_CASE("[1{}]"),
	JSON_CASE("1%"), JSON_CASE("1/2"), JSON_CASE("\357\274\221"), JSON_CASE("1\302\262"),
	JSON_CASE("0 1"), JSON_CASE("1\\u0030"),
	/* 6: what is no number, and integers that would be cut */
	JSON_CASE("NaN"), JSON_CASE("nan"), JSON_CASE("[NaN]"), JSON_CASE("-NaN"),
	JSON_CASE("Infinity"), JSON_CASE("-Infinity"), JSON_CASE("[Infinity]"),
	JSON_CASE("+Infinity"), JSON_CASE("inf"), JSON_CASE("Inf"), JSON_CASE("-inf"),
	JSON_CASE("{\"a\":NaN}"), JSON_CASE("-I"), JSON_CASE("N"),
	JSON_CASE("9223372036854775808"), JSON_CASE("-9223372036854775809"),
	JSON_CASE("18446744073709551615"), JSON_CASE("18446744073709551616"),
	JSON_CASE("123456789012345678901234567890"),
	/* 7: strings that do not begin or end, or with other quotes */
	JSON_CASE("\""), JSON_CASE("\"a"), JSON_CASE("a\""), JSON_CASE("\"a\"\""),
	JSON_CASE("'a'"), JSON_CASE("''"), JSON_CASE("['a']"), JSON_CASE("\"a'"), JSON_CASE("`a`"),
	JSON_CASE("\302\253a\302\273"), JSON_CASE("\342\200\234a\342\200\235"),
	JSON_CASE("\"\\\""), JSON_CASE("\"\\"), JSON_CASE("[\"a]"), JSON_CASE("\"a\\"),
	JSON_CASE("\"\\\\\\\""), JSON_CASE("\\\"a\\\""),
	/* 7: control characters */
	JSON_CASE("\"\001\""), JSON_CASE("\"\t\""), JSON_CASE("\"a\nb\""), JSON_CASE("\"a\rb\""),
	JSON_CASE("\"\b\""), JSON_CASE("\"\f\""), JSON_CASE("\"\033\""), JSON_CASE("\"\037\""),
	JSON_CASE("{\"a\n\":1}"), JSON_CASE("\"\303\251\t\""), JSON_CASE("\"\\\n\""),
	JSON_CASE("\"\\\t\""),
	/* 7: escapes that there are not */
	JSON_CASE("\"\\x41\""), JSON_CASE("\"\\a\""), JSON_CASE("\"\\v\""), JSON_CASE("\"\\0\""),
	JSON_CASE("\"\\1\""), JSON_CASE("\"\\'\""), JSON_CASE("\"\\ \""), JSON_CASE("\"\\e\""),
	JSON_CASE("\"\\N\""), JSON_CASE("\"\\T\""), JSON_CASE("\"\\U0041\""), JSON_CASE("\"\\u\""),
	JSON_CASE("\"\\u1\""), JSON_CASE("\"\\u12\""), JSON_CASE("\"\\u123\""),
	JSON_CASE("\"\\u123"), JSON_CASE("\"\\u123g\""), JSON_CASE("\"\\u 041\""),
	JSON_CASE("\"\\u+041\""), JSON_CASE("\"\\u-041\""), JSON_CASE("\"\\u0x41\""),
	JSON_CASE("\"\\u{41}\""), JSON_CASE("\"\\u00\\u41\""), JSON_CASE("\"\\u00\303\251\""),
	JSON_CASE("\"\\\303\251\""), JSON_CASE("{\"\\x\":1}"),
	/* 7: NUL characters, which C would cut off */
	JSON_CASE("\"\\u0000\""), JSON_CASE("\"a\\u0000b\""), JSON_CASE("{\"\\u0000\":1}"),
	JSON_CASE("{\"a\\u0000b\":1}"), JSON_CASE("{\"a\":{\"b\":[\"\\u0000\"]}}"),
	JSON_CASE("\"\\\\\\u0000\""),
	/* 8.2: half of a surrogate pair, or the halves in the wrong order */
	JSON_CASE("\"\\ud800\""), JSON_CASE("\"\\uDBFF\""), JSON_CASE("\"\\udc00\""),
	JSON_CASE("\"\\uDFFF\""), JSON_CASE("\"\\ud83dx\""), JSON_CASE("\"\\ud83d\\n\""),
	JSON_CASE("\"\\ud83d\\u0041\""), JSON_CASE("\"\\ud83d\\ud83d\""),
	JSON_CASE("\"\\ude00\\ud83d\""), JSON_CASE("\"\\ud83d\\ude00\\ude00\""),
	JSON_CASE("\"\\ud83d\\ud83d\\ude00\""), JSON_CASE("\"\\ud83d\\ude0\""),
	JSON_CASE("\"\\ud83d\\\\ude00\""), JSON_CASE("{\"\\ud800\":1}"),
	JSON_CASE("\"\\ud83d\\ue000\""), JSON_CASE("\"\\ud83d\303\251\""),
	/* 8.1: not UTF-8: bytes alone, cut off, overlong, surrogates, above U+10FFFF, other encodings */
	JSON_CASE("\"\200\""), JSON_CASE("\"\277\""), JSON_CASE("\"\376\""), JSON_CASE("\"\377\""),
	JSON_CASE("\"\303\""), JSON_CASE("\"\342\202\""), JSON_CASE("\"\360\237\230\""),
	JSON_CASE("\"\303a\""), JSON_CASE("\"\342\202a\""), JSON_CASE("\"\303\303\251\""),
	JSON_CASE("\"\303\251\251\""), JSON_CASE("\"\300\200\""), JSON_CASE("\"\301\277\""),
	JSON_CASE("\"\300\257\""), JSON_CASE("\"\340\200\200\""), JSON_CASE("\"\340\237\277\""),
	JSON_CASE("\"\360\200\200\200\""), JSON_CASE("\"\360\217\277\277\""),
	JSON_CASE("\"\370\210\200\200\200\""), JSON_CASE("\"\374\204\200\200\200\200\""),
	JSON_CASE("\"\355\240\200\""), JSON_CASE("\"\355\277\277\""),
	JSON_CASE("\"\355\240\275\355\270\200\""), JSON_CASE("\"\364\220\200\200\""),
	JSON_CASE("\"\365\200\200\200\""), JSON_CASE("\"\367\277\277\277\""),
	JSON_CASE("{\"\377\":1}"), JSON_CASE("{\"\300\200\":1}"), JSON_CASE("\377"),
	JSON_CASE("[\200]"), JSON_CASE("\"\351\""), JSON_CASE("\"\\\377\""), JSON_CASE("\303\251"),
	JSON_CASE("[\0001\000]\000"), JSON_CASE("\000[\0001\000]"),
	JSON_CASE("\377\376[\000]\000"), JSON_CASE("\376\377\000[\000]"),
	/* 8.1: a byte order mark */
	JSON_CASE("\357\273\277"), JSON_CASE("\357\273\277{}"), JSON_CASE("\357\273\2771"),
	JSON_CASE("{}\357\273\277"), JSON_CASE("[\357\273\2771]"), JSON_CASE("\357\273{}"),
	/* 9: a reader may have limits: this is one level too deep */
	JSON_CASE("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
	JSON_CASE("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}"),
};

#endif
