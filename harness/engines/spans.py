"""Read texts after a prompt as tokens, for servers, by the tokenizer of each model's base.

They are texts of which it is asked how likely they are, and beginnings of answers.
"""

from collections.abc import Sequence

from harness.engines.http.likelihood import by_name_alone
from harness.engines.server.launch import context_length, weights_of
from harness.engines.weights.chats import Chats, load_chats
from harness.errors import EngineSetupError
from harness.models.continued import Span, spans_of
from harness.models.local import LocalModel
from harness.records.asked import Request


class SpanReader:
    """Reads for models whose files are here; each tokenizer is loaded when first needed.

    A server's own tokenizer is not asked, so that every engine is asked about the same tokens.
    """

    def __init__(self, models: Sequence[LocalModel], max_model_len: int | None) -> None:
        self._paths = {weights_of(model.ref): model.base_path for model in models}
        self._own_tokenizers = {weights_of(model.ref) for model in models if model.tokenizer_is_code}
        self._max_model_len = max_model_len
        self._chats: dict[str, Chats] = {}

    def __call__(self, request: Request) -> tuple[Span, ...]:
        """Return the tokens of each continuation, or of the beginning of the answer.

        Raises:
            EngineSetupError: transformers isn't installed, the tokenizer has no usable chat template, or it is code.
            NoSuchModel: the tokenizer can't be loaded.
            ValueError: the model's files are not here, the template refuses the messages, or a text can't be read.
        """
        path = self._paths.get(weights_of(request.model))
        if path is None:
            return by_name_alone(request)
        if request.begun and weights_of(request.model) in self._own_tokenizers:
            raise ValueError(
                f"{request.model.name} can't be asked to go on from the beginning of an answer: its tokenizer is "
                "Python code of its own, which only the vLLM server runs"
            )
        if weights_of(request.model) in self._own_tokenizers:
            raise EngineSetupError(
                f"{request.model.name}: how likely given texts are is asked by their tokens, and its tokenizer is "
                "Python code of its own, which only the vLLM server runs; leave continuations= out of the suites' "
                "marks, or choose a base model whose tokenizer transformers has built in"
            )
        return spans_of(request, self._chats_of(path).of(request), context_length(path, self._max_model_len))

    def _chats_of(self, path: str) -> Chats:
        if path not in self._chats:
            try:
                self._chats[path] = load_chats(path)
            except ModuleNotFoundError as problem:
                raise EngineSetupError(
                    "how likely given texts are is asked by their tokens, which need transformers here; install the "
                    "`train` extra, or leave continuations= out of the suites' marks"
                ) from problem
        return self._chats[path]
