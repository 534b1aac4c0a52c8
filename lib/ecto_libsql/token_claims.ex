defmodule EctoLibSql.TokenClaims do
  @moduledoc false
  # What a JSON web token says about itself: until when it is valid, and what it allows. Nothing is verified; that is the
  # server's part. The claims are read by SQLite, which is there in every build, as values of a statement, so that the token
  # is in no text. Source: shared/specs/hrana.md 3.2.

  @enforce_keys [:algorithm, :expires, :right, :namespace, :lists?, :audience?]
  defstruct @enforce_keys

  @type t :: %__MODULE__{
          algorithm: String.t() | nil,
          expires: integer() | nil,
          right: String.t() | nil,
          namespace: String.t() | nil,
          lists?: boolean(),
          audience?: boolean()
        }

  @sql """
  SELECT json_extract(?1, '$.alg'), json_extract(?2, '$.exp'), json_extract(?2, '$.a'),
    json_extract(?2, '$.id'), json_type(?2, '$.p') = 'object', json_type(?2, '$.aud') IS NOT NULL
  """

  @doc "The claims; `:error` for a token of another kind."
  @spec read(String.t()) :: {:ok, t()} | :error
  def read(token) do
    with [header, claims, _signature] <- String.split(token, "."),
         {:ok, header} <- Base.url_decode64(header, padding: false),
         {:ok, claims} <- Base.url_decode64(claims, padding: false),
         {:ok, [[algorithm, expires, right, namespace, lists, audience]]} <-
           extract(header, claims) do
      {:ok,
       %__MODULE__{
         algorithm: text(algorithm),
         expires: if(is_integer(expires), do: expires),
         right: text(right),
         namespace: text(namespace),
         lists?: lists == 1,
         audience?: audience == 1
       }}
    else
      _other -> :error
    end
  end

  defp extract(header, claims) do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")

    try do
      with true <- String.valid?(header) and String.valid?(claims),
           {:ok, %{rows: rows}} <-
             EctoLibSql.query(state, @sql, [{:text, header}, {:text, claims}]),
           do: {:ok, rows}
    after
      EctoLibSql.disconnect([], state)
    end
  end

  defp text(value), do: if(is_binary(value), do: value)
end
