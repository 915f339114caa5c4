import { ApiError } from '../api'
import { t } from '../i18n'

/** The sentence that a person reads about a failure. */
export function sentence(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.page')
  if (error.kind === 'offline') return t('error.offline')
  return error.message || t('error.unknown', { kind: error.kind })
}

/** Makes an ApiError of whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('internal', t('error.page'))
}
