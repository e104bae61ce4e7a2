"""A language model as extractor: what it writes is checked against the sentence's words; the mechanism with a tiny model of random weights, which has learned nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.construct import generated
from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document

NAMES = Gazetteer(from_list(["Anemia", "Deafness; hearing loss"]))


def extracted(text, written):
    return Constructor(ConstructOptions(head_nouns=False), NAMES, generate=lambda prompt: written).extract(Document(text))


def test_what_stands_in_the_sentence_is_a_fact_and_what_is_invented_is_held_back():
    found = extracted("Patients with lead exposure often develop anemia.", "anemia | due_to | lead exposure\nanemia | due_to | zinc poisoning\nanemia | loves | lead exposure\nnonsense\nSentence: more\nx | due_to | y")
    by = {(fact.triple, fact.held) for fact in (*found.triples, *found.held) if fact.method == generated.METHOD}
    assert by == {(("anemia", "due_to", "lead exposure"), ""), (("anemia", "due_to", "zinc poisoning"), "invented: zinc poisoning"), (("anemia", "loves", "lead exposure"), "relation: loves")}
    assert all(fact.confidence == generated.CONFIDENCE for fact in found.triples if fact.method == generated.METHOD)


def test_what_the_sentence_denies_is_held_back_and_other_steps_have_their_say_first():
    found = extracted("There was no anemia from lead.", "anemia | due_to | lead")
    assert not found.triples and found.held[-1].held == "negated: no"
    (fact,) = extracted("Anemia due to lead", "Anemia | due_to | lead").triples
    assert fact.method == "phrase pattern"


def test_it_is_off_by_default():
    assert ConstructOptions().language_model == "" and Constructor(ConstructOptions(), NAMES).generate is None


@given(st.text(max_size=200), st.text(alphabet="anemia |due_to\n lead\u202e", max_size=120))
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_no_fact_has_words_that_are_not_there(noise, shaped):
    text = "Anemia due to lead"
    for written in (noise, shaped):
        for fact in extracted(text, written).triples:
            assert fact.head.surface.lower() in text.lower() and fact.tail.surface.lower() in text.lower()


@pytest.mark.slow
def test_where_no_model_is_installed_one_sentence_says_so(tmp_path):
    from fedviz.models import constructor

    for name in (str(tmp_path / "nowhere"), "nobody/nothing", "../../etc"):
        with pytest.raises(InputError, match="No causal language model is installed"):
            constructor.make(None, ConstructOptions(language_model=name))


@pytest.mark.slow
def test_the_mechanism_with_a_tiny_model_of_random_weights(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    from fedviz.models import constructor

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.train_from_iterator([generated.prompt_for("Anemia due to lead", "medicine")] * 3, trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>", "<end>"]))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>").save_pretrained(tmp_path)
    GPT2LMHeadModel(GPT2Config(vocab_size=tokenizer.get_vocab_size(), n_embd=16, n_layer=1, n_head=2, n_positions=64, bos_token_id=1, eos_token_id=1)).save_pretrained(tmp_path)
    steps = constructor.make(None, ConstructOptions(language_model=str(tmp_path)))
    prompt = generated.prompt_for("Anemia due to lead", "medicine")
    assert steps.generate(prompt) == steps.generate(prompt)
    found = steps.extract(Document("Anemia due to lead"))
    assert [fact.triple for fact in found.triples] == [("anemia", "due_to", "lead")]
