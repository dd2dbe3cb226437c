// SPDX-License-Identifier: Apache-2.0

// Format texts as other programs write them, and texts that are no format.
#include <gtest/gtest.h>

#include <random>

#include "shm/base/error.hpp"
#include "shm/format/item_format.hpp"

namespace shm {
namespace {

struct Spelling {
  const char* one;
  const char* other;
  friend void PrintTo(const Spelling& pair, std::ostream* out) { *out << pair.one << " and " << pair.other; }
};

class ItemFormatSpelledInTwoWays : public ::testing::TestWithParam<Spelling> {};

TEST_P(ItemFormatSpelledInTwoWays, BothTextsAreEqual) {
  EXPECT_EQ(ItemFormat(GetParam().one), ItemFormat(GetParam().other));
  EXPECT_EQ(ItemFormat(GetParam().other).text(), GetParam().other);
}

INSTANTIATE_TEST_SUITE_P(Spellings, ItemFormatSpelledInTwoWays,
                         ::testing::Values(Spelling{"<i", "<l"},        // struct's two names
                                           Spelling{"<I", "=L"},        // standard sizes
                                           Spelling{"(2)<h", "<(2)h"},  // order first
                                           Spelling{"(2)<h", "<2h"},    // repetition
                                           Spelling{"T{<q:time:<d:value:}", "<q:time:d:value:"},
                                           Spelling{"T{<q:time:<d:value:}", "T{=q:time:d:value:}"},
                                           Spelling{"T{<B:a:3x<I:b:}", "T{<B:a:xxx<I:b:}"},
                                           Spelling{"T{<B:a:3x<I:b:}", "<B:a:1x2xI:b:"},
                                           Spelling{"(2,3)<d", "(2,3)=d"}, Spelling{"B", "<B"}));

class ItemFormatsThatDiffer : public ::testing::TestWithParam<Spelling> {};

TEST_P(ItemFormatsThatDiffer, BothTextsAreUnequal) {
  EXPECT_FALSE(ItemFormat(GetParam().one) == ItemFormat(GetParam().other));
}

INSTANTIATE_TEST_SUITE_P(Pairs, ItemFormatsThatDiffer,
                         ::testing::Values(Spelling{"<q", "<Q"},                            // sign
                                           Spelling{"<q", "<d"},                            // same size
                                           Spelling{"<i", "<q"},                            // size
                                           Spelling{"(2)<h", "(4)<h"},                      // shape
                                           Spelling{"(2,3)<h", "(3,2)<h"},                  //
                                           Spelling{"(6)<h", "(2,3)<h"},                    //
                                           Spelling{"T{<q:a:<q:b:}", "(2)<q"},              // fields
                                           Spelling{"T{<q:a:<q:b:}", "T{<q:a:<q:c:}"},      // names
                                           Spelling{"T{<q:a:<q:b:}", "T{<q:b:<q:a:}"},      // order
                                           Spelling{"T{<B:a:3x<I:b:}", "T{<B:a:<I:b:3x}"},  // offsets
                                           Spelling{"T{<B:a:}", "T{<B:a:1x}"},  // padding at the end
                                           Spelling{"8s", "(8)<B"}));           // text

class TextThatIsNoItemFormat : public ::testing::TestWithParam<const char*> {};

TEST_P(TextThatIsNoItemFormat, ThrowsInvalidArgumentWithASentence) {
  try {
    const ItemFormat format{GetParam()};
    FAIL() << "taken for " << format.item_bytes() << " bytes";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("item format"), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, TextThatIsNoItemFormat,
                         ::testing::Values("", "<", ">d", "!i", "d", "@q", "i", "z", "<z", "<g", "T", "T{",
                                           "T{}", "T{<d", "T{<d:x}", "T{<d:x", "<d:x", "}", "(2", "(2)",
                                           "()<d", "(0)<d", "(2,)<d", "(-1)<d", "0<d", "0s", "0x",
                                           "<99999999999999999999d", "(65536,65536)<d", "2147483648s",
                                           "T{2147483647s:a:2147483647s:b:}", "<P", "<O", "<n", "&<d", "X{}",
                                           "<d ", "\xff", "<e"));

TEST(ItemFormatText, ErrorNamesThePlace) {
  try {
    const ItemFormat format("T{<q:time:>d:value:}");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("character 11"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("little endian"), std::string::npos) << error.what();
  }
}

TEST(ItemFormatText, DeeplyNestedTextIsRefusedWithoutRecursion) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "T{";
  EXPECT_THROW(ItemFormat{text}, InvalidArgument);
}

TEST(ItemFormatText, VeryLongTextIsRefused) {
  EXPECT_THROW(ItemFormat(std::string(100'000, 'B')), InvalidArgument);
}

TEST(ItemFormatText, ManyDimensionsAreRefused) {
  std::string shape = "(1";
  for (int i = 0; i < 1000; ++i) shape += ",1";
  EXPECT_THROW(ItemFormat(shape + ")<d"), InvalidArgument);
}

TEST(ItemFormatText, RandomPiecesAreParsedOrRefused) {
  std::mt19937 random(7);  // the same at every run
  const std::string letters = "<=>@!(),0123456789?cbBhHiIlLqQfdsxT{}:ab \x01\xff";
  std::uniform_int_distribution<std::size_t> pick(0, letters.size() - 1);
  std::uniform_int_distribution<int> length(0, 24);
  int parsed = 0;
  for (int turn = 0; turn < 50'000; ++turn) {
    std::string text;
    for (int i = length(random); i > 0; --i) text += letters[pick(random)];
    try {
      const ItemFormat format(text);
      ASSERT_GT(format.item_bytes(), 0U) << text;
      ASSERT_EQ(format, ItemFormat(format.text()));
      ++parsed;
    } catch (const InvalidArgument&) {
    }
  }
  EXPECT_GT(parsed, 0);
}

TEST(ItemFormatText, OneChangedCharacterIsParsedOrRefused) {
  const std::string good = "T{<q:time:(2,3)<d:grid:4xT{<B:a:7x<d:b:}:in:16s:label:}";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      try {
        ASSERT_GT(ItemFormat(text).item_bytes(), 0U);
      } catch (const InvalidArgument&) {
      }
    }
  }
}

}  // namespace
}  // namespace shm
