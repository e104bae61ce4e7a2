"""A block that asks once who is looking speaks that language, and what comes after it is as before."""

from gettext import NullTranslations

from fedviz.core import i18n


class _Loud(NullTranslations):
    def gettext(self, message):
        return message.upper()


def test_a_catalogue_is_used_in_its_block_alone():
    before = i18n._("Text")
    with i18n.using(_Loud()):
        assert i18n._("Text") == "TEXT"
    assert i18n._("Text") == before
