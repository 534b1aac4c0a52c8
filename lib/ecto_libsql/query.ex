defmodule EctoLibSql.Query do
  @moduledoc """
  A statement to run.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      query = %EctoLibSql.Query{statement: "SELECT ? AS id"}
      {:ok, ^query, %{rows: [[1]]}, state} = EctoLibSql.handle_execute(query, [1], [], state)

    * `statement` - the SQL text.
    * `name` - a name for logs, nothing else.
    * `cache` - `false` compiles the statement anew and does not keep it; default `true`.
    * `comment` - a text that is appended to the statement as an SQL comment in logs and telemetry. It is not
      compiled, so that the statement cache does not depend on it.
    * `prepared`, `param_types`, `type` - kept for code that reads them; the driver does not.
  """

  alias EctoLibSql.Codec

  defstruct [:statement, :name, :comment, :prepared, :param_types, type: :binary, cache: true]

  @type t :: %__MODULE__{
          statement: iodata() | nil,
          name: String.t() | nil,
          comment: String.t() | nil,
          prepared: term(),
          param_types: [term()] | nil,
          type: :binary | :text,
          cache: boolean()
        }

  @doc """
  A query from its SQL text.

      iex> EctoLibSql.Query.new("SELECT 1").statement
      "SELECT 1"
  """
  @spec new(iodata() | t(), keyword()) :: t()
  def new(statement, fields \\ [])
  def new(%__MODULE__{} = query, []), do: query
  def new(statement, []), do: %__MODULE__{statement: statement}
  def new(statement, fields), do: statement |> new() |> struct!(fields)

  @doc false
  # For DBConnection.Query: values that cannot be encoded raise here, before a connection is checked out. Other
  # mistakes are returned by EctoLibSql.handle_execute/4; by the tag it knows that it must not raise, because DBConnection
  # stops a connection whose callback does.
  @spec encode(term()) :: {:encoded, {:ok, Codec.params()} | {:error, Exception.t()}}
  def encode(params) do
    case Codec.encode(params) do
      {:error, %ArgumentError{} = error} -> raise error
      answer -> {:encoded, answer}
    end
  end

  @doc false
  # The parameters of a callback: from encode/1, or as a direct caller gives them.
  @spec encoded(term()) :: {:ok, Codec.params()} | {:error, Exception.t()}
  def encoded({:encoded, answer}), do: answer
  def encoded(params), do: Codec.encode(params)

  defimpl String.Chars do
    def to_string(%{statement: nil}), do: ""

    def to_string(%{statement: statement, comment: nil}), do: IO.iodata_to_binary(statement)

    # A `*/` inside of the comment would end it.
    def to_string(%{statement: statement, comment: comment}) do
      IO.iodata_to_binary([statement, " /* ", String.replace(comment, "*/", "* /"), " */"])
    end
  end
end
