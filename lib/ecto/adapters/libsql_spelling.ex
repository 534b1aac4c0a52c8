defmodule Ecto.Adapters.LibSQL do
  @moduledoc """
  `Ecto.Adapters.LibSql` under its other spelling, for configurations that have it.

      use Ecto.Repo, otp_app: :my_app, adapter: Ecto.Adapters.LibSQL
  """

  alias Ecto.Adapters.LibSql

  @behaviour Ecto.Adapter
  @behaviour Ecto.Adapter.Migration
  @behaviour Ecto.Adapter.Queryable
  @behaviour Ecto.Adapter.Schema
  @behaviour Ecto.Adapter.Storage
  @behaviour Ecto.Adapter.Structure
  @behaviour Ecto.Adapter.Transaction

  @doc false
  defmacro __before_compile__(env), do: Ecto.Adapters.SQL.__before_compile__(:ecto_libsql, env)

  for {name, arity} <- LibSql.__info__(:functions) do
    args = Macro.generate_arguments(arity, __MODULE__)
    @doc false
    def unquote(name)(unquote_splicing(args)), do: LibSql.unquote(name)(unquote_splicing(args))
  end
end
