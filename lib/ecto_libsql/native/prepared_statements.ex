defmodule EctoLibSql.Native.PreparedStatements do
  @moduledoc """
  The functions of `EctoLibSql.Native` for statements that are compiled once and run often.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, id} = EctoLibSql.Native.prepare(state, "SELECT ? + 1 AS next")
      {:ok, %EctoLibSql.Result{rows: [[42]]}} = EctoLibSql.Native.query_stmt(state, id, [41])
      {:ok, "next"} = EctoLibSql.Native.stmt_column_name(state, id, 0)
      :ok = EctoLibSql.Native.close_stmt(id)
  """

  alias EctoLibSql.Connection.Prepared
  alias EctoLibSql.{Codec, Result, Source}

  import EctoLibSql.Native.Answer

  @type source :: EctoLibSql.conn()
  @type reason :: String.t()
  @type stmt_id :: String.t()
  @type args :: list() | map() | keyword()

  @doc "Compiles a statement and keeps it under the returned id until `close_stmt/1`."
  @spec prepare(source(), String.t()) :: {:ok, stmt_id()} | {:error, reason()}
  def prepare(source, sql) when is_binary(sql) do
    Source.with_state(source, &Prepared.prepare(&1, sql)) |> text("Prepare failed: ")
  end

  def prepare(_source, _sql), do: {:error, "Prepare failed: the SQL must be a string"}

  @doc "Runs a prepared statement and returns its rows."
  @spec query_stmt(source(), stmt_id(), args()) :: {:ok, Result.t()} | {:error, reason()}
  def query_stmt(source, stmt_id, args) do
    with {:ok, params} <- arguments(args) do
      Source.with_state(source, &Prepared.run(&1, stmt_id, params))
      |> raised()
      |> text("Query failed: ")
    end
  end

  @doc """
  Runs a prepared statement: `{:ok, rows_changed}`, or `{:ok, result}` if it yields rows. The SQL
  argument is ignored: the prepared text runs.
  """
  @spec execute_stmt(source(), stmt_id(), String.t(), args()) ::
          {:ok, non_neg_integer() | Result.t()} | {:error, reason()}
  def execute_stmt(source, stmt_id, _sql, args) do
    with {:ok, params} <- arguments(args) do
      case Source.with_state(source, &Prepared.run(&1, stmt_id, params)) do
        {:ok, %Result{columns: nil, num_rows: changed}} -> {:ok, changed}
        answer -> answer |> raised() |> text("Execute failed: ")
      end
    end
  end

  defp arguments(args), do: args |> Codec.encode(:native) |> raised() |> text()

  @doc "Finalises a prepared statement."
  @spec close_stmt(stmt_id()) :: :ok | {:error, reason()}
  def close_stmt(stmt_id), do: text(Prepared.close(stmt_id))

  @doc "Resets a statement and clears its bindings."
  @spec reset_stmt(source(), stmt_id()) :: :ok | {:error, reason()}
  def reset_stmt(source, stmt_id), do: on_id(source, &Prepared.reset(&1, stmt_id))

  @doc "The result columns: `{name, origin_name, declared_type}`, nil where unknown."
  @spec get_stmt_columns(source(), stmt_id()) ::
          {:ok, [{String.t(), String.t() | nil, String.t() | nil}]} | {:error, reason()}
  def get_stmt_columns(source, stmt_id),
    do: source |> described(stmt_id) |> mapped(&elem(&1, 0))

  @doc "How many columns the result has; 0 for statements that yield no rows."
  @spec stmt_column_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  def stmt_column_count(source, stmt_id),
    do: source |> described(stmt_id) |> mapped(&length(elem(&1, 0)))

  @doc "The name of a column, counted from 0."
  @spec stmt_column_name(source(), stmt_id(), non_neg_integer()) ::
          {:ok, String.t()} | {:error, reason()}
  def stmt_column_name(source, stmt_id, index) do
    with {:ok, {columns, _parameters}} <- described(source, stmt_id),
         do: columns |> at(index, "column", 0) |> mapped(&elem(&1, 0))
  end

  @doc "How many parameters the statement has."
  @spec stmt_parameter_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  def stmt_parameter_count(source, stmt_id),
    do: source |> described(stmt_id) |> mapped(&length(elem(&1, 1)))

  @doc "The name of a parameter with its prefix, nil for `?`; counted from 1."
  @spec stmt_parameter_name(source(), stmt_id(), pos_integer()) ::
          {:ok, String.t() | nil} | {:error, reason()}
  def stmt_parameter_name(source, stmt_id, index) do
    with {:ok, {_columns, parameters}} <- described(source, stmt_id),
         do: at(parameters, index, "parameter", 1)
  end

  defp described(source, stmt_id), do: on_id(source, &Prepared.describe(&1, stmt_id))
end
