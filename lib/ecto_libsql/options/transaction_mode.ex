defmodule EctoLibSql.Options.TransactionMode do
  @moduledoc false
  # The mode of a transaction among the options of a call, under any of its names.

  alias EctoLibSql.Error
  alias EctoLibSql.Options.Names

  @type mode :: :deferred | :immediate | :exclusive | :read_only | :savepoint

  @names Names.transaction_mode()
  # :transaction is what Ecto's sandbox asks for: a transaction around a whole test, which may never write.
  @modes [:deferred, :immediate, :exclusive, :read_only, :savepoint, :transaction]
  @expected "the transaction mode must be :deferred, :immediate, :exclusive, :read_only or :savepoint"

  @doc "The mode that options ask for, or `default`; `:savepoint` if that is among them."
  @spec read(term(), mode()) :: {:ok, mode()} | {:error, Error.t()}
  def read([], default), do: {:ok, default}

  def read(opts, default) when is_list(opts) do
    modes = modes(opts)

    cond do
      wrong = wrong(modes) -> refuse(wrong)
      :savepoint in modes -> {:ok, :savepoint}
      modes == [] -> {:ok, default}
      hd(modes) == :transaction -> {:ok, :deferred}
      true -> {:ok, hd(modes)}
    end
  end

  def read(_opts, _default), do: refuse("the options of a transaction must be a keyword list")

  defp modes(opts), do: for({name, mode} <- opts, name in @names and mode != nil, do: mode)

  defp wrong(modes) do
    mode = Enum.find(modes, &(&1 not in @modes))
    mode && "#{@expected}, got: #{inspect(mode)}"
  end

  defp refuse(message), do: {:error, Error.new(:invalid_argument, message)}

  @doc """
  Whether the options ask for `mode`, among others: Ecto's sandbox puts its `mode: :savepoint` before
  what the caller asked for.
  """
  @spec asks?(keyword(), :savepoint | :read_only) :: boolean()
  def asks?(opts, mode),
    do: Enum.any?(opts, fn {name, asked} -> asked == mode and name in @names end)

  @doc "The options without a mode."
  @spec without(keyword()) :: keyword()
  def without(opts), do: Keyword.drop(opts, @names)

  @doc """
  For a transaction inside of an open one, whose mode holds for both: raises for a mode that there is not, and if
  the inner one asks for `:read_only` while the outer one may write (`may_write` returns `{:ok, true}`).
  """
  @spec check_nested!(keyword(), (() -> {:ok, boolean()} | {:error, Exception.t()})) :: :ok
  def check_nested!(opts, may_write) do
    if wrong = opts |> modes() |> wrong(), do: raise(ArgumentError, wrong)

    if asks?(opts, :read_only) and may_write.() == {:ok, true} do
      raise ArgumentError,
            "a transaction inside of an open one cannot be :read_only, because the open one may write: " <>
              "begin that with mode: :read_only, or leave the mode out"
    end

    :ok
  end
end
